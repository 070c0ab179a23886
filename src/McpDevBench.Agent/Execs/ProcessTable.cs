namespace McpDevBench.Agent;

/// <summary>A process that carries the mark of an exec.</summary>
internal readonly record struct MarkedProcess(int Pid, ulong Mark);

/// <summary>
/// Finds marked processes in /proc. A busy workspace leaves the agent a few percent of a processor, so a scan lists /proc and reads a file
/// only of a process that it has not seen before. Used by one thread.
/// </summary>
internal sealed class ProcessTable(Marks marks)
{
    private readonly List<ProcessId> _listed = new(512);
    private readonly List<MarkedProcess> _found = new(256);
    private readonly ProcessStatus _status = new();
    private readonly int _self = Libc.getpid();

    // Marks of the last scan and of the current one. A process without a mark is never remembered: it may be about to get one.
    private Dictionary<ProcessId, ulong> _known = new(256), _next = new(256);

    /// <summary>Every process below the agent that carries a mark, also one that has died and was not reaped yet. Valid until the next call.</summary>
    public IReadOnlyList<MarkedProcess> Scan()
    {
        _found.Clear();
        ProcFile.Processes(_listed);
        foreach (var process in _listed)
        {
            if (process.Pid == _self)
                continue;
            if (!_known.TryGetValue(process, out var mark))
            {
                if (marks.Of(process.Pid, _status) is not { } read || !IsBelow(process.Pid))
                    continue;
                mark = read;
            }
            _found.Add(new MarkedProcess(process.Pid, mark));
            if (marks.AreFixed && process.IsUnique)
                _next[process] = mark;
        }
        (_known, _next) = (_next, _known);
        _next.Clear();
        return _found;
    }

    /// <summary>Every process, with or without a mark.</summary>
    public IReadOnlyList<ProcessId> All()
    {
        ProcFile.Processes(_listed);
        return _listed;
    }

    /// <summary>
    /// As the first process everything is below the agent. Elsewhere the parents decide; a parent that dies meanwhile leaves its children
    /// to the agent, so a second attempt finds them.
    /// </summary>
    private bool IsBelow(int pid)
    {
        if (_self == 1)
            return true;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            for (var at = pid; _status.TryRead(at);)
            {
                at = _status.Parent;
                if (at == _self)
                    return true;
                if (at <= 1)
                    return false;
            }
        }
        return false;
    }
}
