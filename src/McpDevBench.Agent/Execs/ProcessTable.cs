using System.Buffers.Text;

namespace McpDevBench.Agent;

/// <summary>Looks through /proc for marked processes. Used by one thread.</summary>
internal sealed class ProcessTable(Marks marks)
{
    private readonly List<int> _pids = new(512);
    private readonly List<(int Pid, ulong Mark)> _found = new(256);
    private readonly byte[] _status = new byte[4096];
    private readonly byte[] _path = new byte[32];
    private readonly int _self = Libc.getpid();

    /// <summary>Every living process below the agent that carries a mark. Valid until the next call.</summary>
    public IReadOnlyList<(int Pid, ulong Mark)> Scan()
    {
        _found.Clear();
        ProcFile.Numbers("/proc\0"u8, _pids);
        foreach (var pid in _pids)
        {
            if (pid != _self && TryRead(pid, out var status) && IsAlive(status) && marks.Of(pid, status) is { } mark && IsBelow(pid))
                _found.Add((pid, mark));
        }
        return _found;
    }

    public bool IsStopped(int pid) => TryRead(pid, out var status) && State(status) is (byte)'T' or (byte)'t';

    public IReadOnlyList<int> All()
    {
        ProcFile.Numbers("/proc\0"u8, _pids);
        return _pids;
    }

    /// <summary>A zombie is dead, unless only its first thread is.</summary>
    private static bool IsAlive(ReadOnlySpan<byte> status) =>
        State(status) is not ((byte)'Z' or (byte)'X') || ProcFile.Number(status, "Threads:"u8) > 1;

    /// <summary>The letter, as in <c>State:	S (sleeping)</c>; 0 if there is none.</summary>
    private static byte State(ReadOnlySpan<byte> status)
    {
        var text = ProcFile.Line(status, "State:"u8);
        return text.IsEmpty ? (byte)0 : text[0];
    }

    /// <summary>As the first process everything is below us. Elsewhere the parents tell; a parent that dies meanwhile hands its children to us, so ask again.</summary>
    private bool IsBelow(int pid)
    {
        if (_self == 1)
            return true;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var at = pid;
            while (TryRead(at, out var status))
            {
                var parent = (int)ProcFile.Number(status, "PPid:"u8);
                if (parent == _self)
                    return true;
                if (parent <= 1)
                    return false;
                at = parent;
            }
        }
        return false;
    }

    /// <summary>/proc/PID/status, in which names are escaped: no line of it can be a process's own.</summary>
    private bool TryRead(int pid, out ReadOnlySpan<byte> status)
    {
        "/proc/"u8.CopyTo(_path);
        Utf8Formatter.TryFormat(pid, _path.AsSpan(6), out var digits);
        "/status\0"u8.CopyTo(_path.AsSpan(6 + digits));
        var length = ProcFile.Read(_path, _status);
        status = _status.AsSpan(0, Math.Max(0, length));
        return length > 0;
    }
}
