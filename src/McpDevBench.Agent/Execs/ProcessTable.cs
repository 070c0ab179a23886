using System.Buffers.Text;

namespace McpDevBench.Agent;

/// <summary>Looks through /proc for marked processes. Used by one thread.</summary>
internal sealed class ProcessTable(Marks marks)
{
    private readonly List<int> _pids = new(512);
    private readonly List<(int Pid, ulong Mark)> _found = new(256);
    private readonly byte[] _stat = new byte[1024];
    private readonly byte[] _path = new byte[32];
    private readonly int _self = Libc.getpid();

    /// <summary>Every living process below the agent that carries a mark. Valid until the next call.</summary>
    public IReadOnlyList<(int Pid, ulong Mark)> Scan()
    {
        _found.Clear();
        ProcFile.Numbers("/proc\0"u8, _pids);
        foreach (var pid in _pids)
        {
            if (pid == _self || Marks.Of(pid) is var mark && !marks.IsMarked(mark))
                continue;
            if (TryRead(pid, out var state, out _, out var threads) && IsAlive(state, threads) && IsBelow(pid))
                _found.Add((pid, mark));
        }
        return _found;
    }

    public bool IsStopped(int pid) => TryRead(pid, out var state, out _, out _) && state is (byte)'T' or (byte)'t';

    public IReadOnlyList<int> All()
    {
        ProcFile.Numbers("/proc\0"u8, _pids);
        return _pids;
    }

    /// <summary>A zombie is dead, unless only its first thread is.</summary>
    private static bool IsAlive(byte state, int threads) => state is not ((byte)'Z' or (byte)'X') || threads > 1;

    /// <summary>As the first process everything is below us. Elsewhere the parents tell; a parent that dies meanwhile hands its children to us, so ask again.</summary>
    private bool IsBelow(int pid)
    {
        if (_self == 1)
            return true;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var at = pid;
            while (TryRead(at, out _, out var parent, out _))
            {
                if (parent == _self)
                    return true;
                if (parent <= 1)
                    return false;
                at = parent;
            }
        }
        return false;
    }

    private bool TryRead(int pid, out byte state, out int parent, out int threads)
    {
        (state, parent, threads) = (0, 0, 0);
        "/proc/"u8.CopyTo(_path);
        Utf8Formatter.TryFormat(pid, _path.AsSpan(6), out var digits);
        "/stat\0"u8.CopyTo(_path.AsSpan(6 + digits));
        var length = ProcFile.Read(_path, _stat);
        // The name, in parentheses, may itself contain anything.
        var end = length <= 0 ? -1 : _stat.AsSpan(0, length).LastIndexOf((byte)')');
        if (end < 0 || end + 4 > length)
            return false;
        var rest = _stat.AsSpan(end + 2, length - end - 2);
        state = rest[0];
        return Utf8Parser.TryParse(Field(rest, 1), out parent, out _) && Utf8Parser.TryParse(Field(rest, 17), out threads, out _);
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> text, int index)
    {
        for (; index > 0; index--)
            text = text[(text.IndexOf((byte)' ') + 1)..];
        return text;
    }
}
