using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// Ends the processes of one exec: SIGTERM (and SIGCONT, so that stopped processes receive it), the grace, then rounds of SIGSTOP and
/// SIGKILL until two scans in a row find none alive. On the killer's thread.
/// </summary>
internal sealed unsafe class KillJob(ulong mark, long graceMs, Action done)
{
    private const int LimitMs = 10_000;
    private const int RoundsBeforeFreeze = 40;
    private const int RoundsBeforeHastening = 10;

    private readonly long _graceEnds = Clock.Milliseconds + graceMs;
    private readonly List<int> _targets = [];
    private readonly List<int> _new = [];

    // The targets of the round before, sorted by number as all scans are.
    private readonly List<int> _killed = [];
    private readonly List<int> _threads = [];
    private bool _warned = graceMs == 0;
    private int _emptyScans;
    private int _rounds;

    public ulong Mark => mark;

    public Action Done => done;

    public bool Killing { get; private set; } = graceMs == 0;

    /// <summary>The last scan found nothing: the scan that confirms it needs no pause before it.</summary>
    public bool WantsConfirmation => _emptyScans > 0;

    public bool WantsFreeze => _rounds > RoundsBeforeFreeze && _rounds % 10 == 0 && _emptyScans == 0;

    /// <param name="found">The marked processes of one scan.</param>
    /// <returns>True when the job is over: nothing is alive, or SIGKILL had no effect for so long that it never will.</returns>
    public bool Round(List<MarkedProcess> found, Marks marks)
    {
        FindTargets(found, marks);
        _emptyScans = AnyAlive() ? 0 : _emptyScans + 1;
        var now = Clock.Milliseconds;
        if (_emptyScans >= 2 || now > _graceEnds + LimitMs)
            return true;
        if (!_warned)
        {
            Signal(Abi.SIGTERM);
            Signal(Abi.SIGCONT);
            _warned = true;
        }
        Killing |= now >= _graceEnds || _emptyScans > 0;
        if (Killing && _emptyScans == 0)
            Kill();
        return false;
    }

    public bool IsTarget(ulong its, Marks marks) => its == mark || marks.IsRogue(its);

    /// <summary>A target that was not killed yet may have forked just before it ended, so it counts as alive.</summary>
    private bool AnyAlive()
    {
        if (_new.Count > 0)
            return true;
        // One decides. Those with the highest numbers were killed last, and are the likeliest to be alive.
        for (var i = _targets.Count - 1; i >= 0; i--)
        {
            if (ProcessStatus.IsAlive(_targets[i]))
                return true;
        }
        return false;
    }

    private void Kill()
    {
        // A stopped process cannot fork while the others are killed.
        foreach (var pid in _new)
            Libc.kill(pid, Abi.SIGSTOP);
        Hasten(_new);
        Signal(Abi.SIGKILL);
        // A process may have changed its priority just before.
        if (++_rounds % RoundsBeforeHastening == 0)
            Hasten(_targets);
        _killed.Clear();
        _killed.AddRange(_targets);
    }

    private void FindTargets(List<MarkedProcess> found, Marks marks)
    {
        _targets.Clear();
        _new.Clear();
        var at = 0;
        foreach (var process in found)
        {
            if (!IsTarget(process.Mark, marks))
                continue;
            _targets.Add(process.Pid);
            while (at < _killed.Count && _killed[at] < process.Pid)
                at++;
            if (at == _killed.Count || _killed[at] != process.Pid)
                _new.Add(process.Pid);
        }
    }

    private void Signal(int signal)
    {
        foreach (var pid in _targets)
            Libc.kill(pid, signal);
    }

    /// <summary>
    /// A killed process has to run to end: it gets its turn before the others, which may be hundreds, and whatever priority it had chosen.
    /// Without CAP_SYS_NICE it waits.
    /// </summary>
    private void Hasten(List<int> targets)
    {
        var normal = 0;
        foreach (var pid in targets)
        {
            ProcFile.Numbers(Text.Z($"/proc/{pid}/task"), _threads);
            foreach (var thread in _threads)
            {
                Libc.sched_setscheduler(thread, Abi.SCHED_OTHER, &normal);
                Libc.setpriority(Abi.PRIO_PROCESS, (uint)thread, Abi.AgentPriority);
            }
        }
    }
}
