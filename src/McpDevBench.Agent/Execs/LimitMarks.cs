using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// For an agent that has the workload's user, such as one started by hand: the mark is the hard limit on file locks, which no current
/// kernel enforces. The agent lowers its own by one before each spawn; no process without CAP_SYS_RESOURCE can raise it again.
/// </summary>
/// <remarks>
/// A process can lower its own. Then its mark is either that of a later exec, and it shares that exec's fate; or it is one that was
/// never given out, or whose exec was killed, and is killed with the next exec that is. Marks of execs that ended by themselves stay good:
/// their daemons may live on. Only descendants of the agent are looked at; orphans come to it as their subreaper.
/// </remarks>
internal sealed unsafe class LimitMarks : Marks
{
    private const int RememberedKills = 4_096;
    private const ulong Highest = 1UL << 31;

    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _killed = [];
    private readonly Queue<ulong> _killedOrder = new();
    private readonly ulong _initial;
    private ulong _last;

    public LimitMarks()
    {
        _initial = LimitOf(0);
        _last = Math.Min(_initial, Highest);
    }

    public override bool AreFixed => false;

    /// <summary>Lowers the agent's own limit; what is spawned before the next call carries it.</summary>
    public override ulong Next()
    {
        lock (_gate)
        {
            var limit = new ResourceLimit { Soft = _last - 1, Hard = _last - 1 };
            if (Libc.prlimit(0, Abi.RLIMIT_LOCKS, &limit, null) != 0)
                throw Errno.ToException(Errno.Last, "marking the process");
            return --_last;
        }
    }

    public override ulong? Of(int pid, ProcessStatus status) =>
        LimitOf(pid) is var limit && limit < _initial && limit < Highest ? limit : null;

    public override bool IsRogue(ulong mark)
    {
        lock (_gate)
            return mark < _last || _killed.Contains(mark);
    }

    public override void Killed(ulong mark)
    {
        lock (_gate)
        {
            if (!_killed.Add(mark))
                return;
            _killedOrder.Enqueue(mark);
            if (_killedOrder.Count > RememberedKills)
                _killed.Remove(_killedOrder.Dequeue());
        }
    }

    private static ulong LimitOf(int pid)
    {
        ResourceLimit limit;
        return Libc.prlimit(pid, Abi.RLIMIT_LOCKS, null, &limit) == 0 ? limit.Hard : ulong.MaxValue;
    }
}
