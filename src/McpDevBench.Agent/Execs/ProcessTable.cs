using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>A process that carries the mark of an exec.</summary>
internal readonly struct MarkedProcess(ProcessId id, ulong mark)
{
    public ProcessId Id { get; } = id;

    public int Pid => Id.Pid;

    public ulong Mark { get; } = mark;
}

/// <summary>
/// Finds marked processes in /proc. A busy workspace leaves the agent a few percent of a processor, so a scan lists /proc and reads a file
/// only of a process that it has not seen before. Used by one thread.
/// </summary>
internal sealed class ProcessTable(Marks marks)
{
    private readonly List<ProcessId> _listed = new(512);
    private readonly ProcessStatus _status = new();
    private readonly MarkInference _inference = new(marks);
    private readonly int _self = Libc.getpid();
    private ulong[] _known = new ulong[512];

    // The kernel lists processes by number, so both are sorted. A process without a mark is not remembered: it may be about to get one.
    private List<MarkedProcess> _found = new(256), _before = new(256);

    /// <summary>
    /// Every process below the agent that carries a mark, also one that has died and was not reaped yet. Valid until the next call.
    /// </summary>
    public List<MarkedProcess> Scan()
    {
        (_found, _before) = (_before, _found);
        _found.Clear();
        ProcFile.Processes(_listed);
        FindKnown();
        for (var i = 0; i < _listed.Count; i++)
        {
            var process = _listed[i];
            if (_known[i] != 0)
                _found.Add(new MarkedProcess(process, _known[i]));
            else if (process.Pid != _self && marks.Of(process.Pid, _status) is { } mark && IsBelow(process.Pid))
                _found.Add(new MarkedProcess(process, mark));
        }
        return _found;
    }

    /// <summary>Every process, with or without a mark.</summary>
    public List<ProcessId> All()
    {
        ProcFile.Processes(_listed);
        return _listed;
    }

    /// <summary>The marks that need no look at the process itself.</summary>
    private void FindKnown()
    {
        if (_known.Length < _listed.Count)
            _known = new ulong[_listed.Count * 2];
        _known.AsSpan().Clear();
        if (!marks.AreFixed)
            return;
        var at = 0;
        for (var i = 0; i < _listed.Count; i++)
        {
            while (at < _before.Count && _before[at].Pid < _listed[i].Pid)
                at++;
            if (at < _before.Count && IsSame(_before[at].Id, _listed[i]))
                _known[i] = _before[at].Mark;
        }
        _inference.Run(_listed, _known, _status);
    }

    private static bool IsSame(ProcessId one, ProcessId other) => one.Pid == other.Pid && one.Inode == other.Inode && one.Inode > 1;

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
