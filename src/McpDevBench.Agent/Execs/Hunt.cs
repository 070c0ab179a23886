namespace McpDevBench.Agent;

/// <summary>
/// The end of one exec's processes: TERM (and CONT, so that stopped ones hear it), the grace, then rounds of STOP and KILL
/// until two looks in a row find nobody. On the hunter's thread.
/// </summary>
internal sealed unsafe class Hunt(ulong mark, long graceMs, Action done)
{
    private const int LimitMs = 10_000;
    private const int RoundsBeforeFreeze = 40;

    private readonly long _graceEnds = Clock.Milliseconds + graceMs;
    private readonly List<int> _threads = [];
    private bool _warned = graceMs == 0;
    private int _quiet;
    private int _rounds;

    public ulong Mark => mark;

    public Action Done => done;

    public bool Killing { get; private set; } = graceMs == 0;

    public bool WantsFreeze => _rounds > RoundsBeforeFreeze && _rounds % 10 == 0 && _quiet == 0;

    /// <summary>One look at who is alive.</summary>
    /// <returns>True when it is over: nobody is left, or even KILL did not help for so long that it never will.</returns>
    public bool Round(IReadOnlyList<(int Pid, ulong Mark)> alive, Marks marks)
    {
        _quiet = Any(alive, marks) ? 0 : _quiet + 1;
        if (_quiet >= 2)
            return true;
        var now = Clock.Milliseconds;
        if (now > _graceEnds + LimitMs)
            return true;
        if (!_warned)
        {
            Signal(alive, marks, Abi.SIGTERM);
            Signal(alive, marks, Abi.SIGCONT);
            _warned = true;
        }
        Killing |= now >= _graceEnds || _quiet > 0;
        if (Killing && _quiet == 0)
        {
            // Who is stopped cannot fork while the others are being killed.
            _rounds++;
            Signal(alive, marks, Abi.SIGSTOP);
            Signal(alive, marks, Abi.SIGKILL);
            foreach (var (pid, its) in alive)
            {
                if (IsQuarry(its, marks))
                    Hasten(pid);
            }
        }
        return false;
    }

    public void Signal(IReadOnlyList<(int Pid, ulong Mark)> alive, Marks marks, int signal)
    {
        foreach (var (pid, its) in alive)
        {
            if (IsQuarry(its, marks))
                Libc.kill(pid, signal);
        }
    }

    /// <summary>
    /// A process has to run to end: it gets its turn before the others, which may be hundreds, and whatever it had made of its own. Without
    /// CAP_SYS_NICE it waits.
    /// </summary>
    private void Hasten(int pid)
    {
        var normal = 0;
        ProcFile.Numbers(Text.Z($"/proc/{pid}/task"), _threads);
        foreach (var thread in _threads)
        {
            Libc.sched_setscheduler(thread, Abi.SCHED_OTHER, &normal);
            Libc.setpriority(Abi.PRIO_PROCESS, (uint)thread, Abi.AgentPriority);
        }
    }

    private bool Any(IReadOnlyList<(int Pid, ulong Mark)> alive, Marks marks)
    {
        foreach (var (_, its) in alive)
        {
            if (IsQuarry(its, marks))
                return true;
        }
        return false;
    }

    private bool IsQuarry(ulong its, Marks marks) => its == mark || marks.IsRogue(its);
}
