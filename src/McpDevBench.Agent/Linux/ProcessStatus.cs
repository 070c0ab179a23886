using System.Buffers.Text;

namespace McpDevBench.Agent.Linux;

/// <summary>/proc/PID/status of one process at a time, in which names are escaped: no line of it is chosen by a process.</summary>
internal sealed class ProcessStatus
{
    private readonly byte[] _text = new byte[4096];
    private int _length;

    public int Parent => (int)ProcFile.Number(Text, "PPid:"u8);

    public ReadOnlySpan<byte> Groups => ProcFile.Line(Text, "Groups:"u8);

    private ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <returns>False if there is no such process.</returns>
    public bool TryRead(int pid)
    {
        _length = Math.Max(0, Read(pid, _text));
        return _length > 0;
    }

    /// <summary>A zombie is dead, unless only its first thread is.</summary>
    public static bool IsAlive(int pid)
    {
        Span<byte> text = stackalloc byte[4096];
        var length = Read(pid, text);
        return length > 0
            && (State(text[..length]) is not ((byte)'Z' or (byte)'X') || ProcFile.Number(text[..length], "Threads:"u8) > 1);
    }

    public static bool IsStopped(int pid)
    {
        Span<byte> text = stackalloc byte[4096];
        var length = Read(pid, text);
        return length > 0 && State(text[..length]) is (byte)'T' or (byte)'t';
    }

    /// <summary>The letter, as in <c>State:	S (sleeping)</c>; 0 if there is none.</summary>
    private static byte State(ReadOnlySpan<byte> status)
    {
        var text = ProcFile.Line(status, "State:"u8);
        return text.IsEmpty ? (byte)0 : text[0];
    }

    private static int Read(int pid, Span<byte> to)
    {
        Span<byte> path = stackalloc byte[32];
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path[6..], out var digits);
        "/status\0"u8.CopyTo(path[(6 + digits)..]);
        return ProcFile.Read(path, to);
    }
}
