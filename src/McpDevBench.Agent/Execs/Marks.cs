namespace McpDevBench.Agent;

/// <summary>
/// The mark by which every process of an exec is known, whatever it forked, daemonised or called itself: the hard limit on
/// file locks, a resource limit that no kernel of this century enforces. The agent lowers its own by one before each spawn; it is inherited
/// over fork and exec, and no process without CAP_SYS_RESOURCE can raise it again.
/// </summary>
/// <remarks>
/// <para>What a process can do is lower its own. Then its mark is either that of a *later* exec, and it shares that exec's fate; or it
/// is one that was never given out, or one whose exec was killed, and no process with such a mark has any business to be alive.
/// Whenever an exec is killed, those rogues are killed with it. Marks of execs that ended by themselves stay good: their daemons may live on.</para>
/// <para>Processes that came from outside (through the container engine) have the limit that the agent itself started with, and are not touched.
/// Only descendants of the agent are ever looked at; orphans come to it, because it is either the first process or a subreaper.</para>
/// </remarks>
internal sealed unsafe class Marks
{
    private const int RememberedKills = 4_096;

    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _killed = [];
    private readonly Queue<ulong> _killedOrder = new();
    private readonly ulong _initial;
    private ulong _last;

    public Marks()
    {
        _initial = Of(0);
        _last = Math.Min(_initial, 1UL << 31);
    }

    /// <summary>Lowers the agent's own limit; what is spawned before the next call carries it. Under the spawner's lock.</summary>
    public ulong Next()
    {
        lock (_gate)
        {
            var limit = new ResourceLimit { Soft = _last - 1, Hard = _last - 1 };
            if (Libc.prlimit(0, Abi.RLIMIT_LOCKS, &limit, null) != 0)
                throw Errno.Refuse(Errno.Last, "marking the process");
            return --_last;
        }
    }

    /// <summary>The mark of a process; <see cref="ulong.MaxValue"/> if it has none, is gone, or belongs to somebody else.</summary>
    public static ulong Of(int pid)
    {
        ResourceLimit limit;
        return Libc.prlimit(pid, Abi.RLIMIT_LOCKS, null, &limit) == 0 ? limit.Hard : ulong.MaxValue;
    }

    /// <summary>The mark cannot come from any exec that may have processes.</summary>
    public bool IsRogue(ulong mark)
    {
        lock (_gate)
            return mark < _last || _killed.Contains(mark);
    }

    public bool IsMarked(ulong mark) => mark < _initial && mark < 1UL << 31;

    public void Killed(ulong mark)
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
}
