namespace McpDevBench.Agent;

/// <summary>The thread that signals and kills. It lives from the start, so that no fork bomb can keep it from being there.</summary>
internal sealed class Hunter(Marks marks)
{
    private const int KillRoundMs = 2;
    private const int GraceRoundMs = 20;

    private readonly object _gate = new();
    private readonly List<Action> _signals = [];
    private readonly List<Hunt> _hunts = [];
    private readonly List<Survey> _surveys = [];
    private readonly ProcessTable _processes = new(marks);
    private IReadOnlyList<(int Pid, ulong Mark)> _alive = [];

    public void Start() => Threads.Start("hunter", Run);

    /// <summary>A signal to every process of an exec, then the continuation.</summary>
    public void Signal(ulong mark, int signal, Action sent)
    {
        void Send()
        {
            foreach (var (pid, its) in _processes.Scan())
            {
                if (its == mark)
                    Libc.kill(pid, signal);
            }
            sent();
        }
        lock (_gate)
        {
            _signals.Add(Send);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Which processes of an exec are alive; answered on the hunter's thread.</summary>
    public void Start(Survey survey)
    {
        lock (_gate)
        {
            _surveys.Add(survey);
            Monitor.PulseAll(_gate);
        }
    }

    public void Start(Hunt hunt)
    {
        lock (_gate)
        {
            _hunts.Add(hunt);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The agent's own end: nobody below it survives. From the loop's thread, when nothing else goes on any more.</summary>
    public void KillEverything()
    {
        var processes = new ProcessTable(marks);
        var deadline = Clock.Milliseconds + 2_000;
        for (var quiet = 0; quiet < 2 && Clock.Milliseconds < deadline;)
        {
            var alive = processes.Scan();
            quiet = alive.Count == 0 ? quiet + 1 : 0;
            foreach (var (pid, _) in alive)
                Libc.kill(pid, Abi.SIGSTOP);
            foreach (var (pid, _) in alive)
                Libc.kill(pid, Abi.SIGKILL);
        }
    }

    private void Run()
    {
        while (true)
        {
            Hunt[] hunts;
            Action[] signals;
            Survey[] surveys;
            lock (_gate)
            {
                while (_signals.Count == 0 && _hunts.Count == 0 && _surveys.Count == 0)
                    Monitor.Wait(_gate);
                signals = [.. _signals];
                hunts = [.. _hunts];
                surveys = [.. _surveys];
                _signals.Clear();
                _surveys.Clear();
            }
            foreach (var signal in signals)
                signal();
            if (surveys.Length > 0)
                Answer(surveys);
            if (hunts.Length > 0)
                Round(hunts);
        }
    }

    private void Answer(Survey[] surveys)
    {
        var alive = _processes.Scan();
        foreach (var survey in surveys)
            survey.Answer(alive);
    }

    private void Round(Hunt[] hunts)
    {
        _alive = _processes.Scan();
        var killing = false;
        foreach (var hunt in hunts)
        {
            if (hunt.Round(_alive, marks))
                Finish(hunt);
            else
                killing |= hunt.Killing;
            if (hunt.WantsFreeze)
                Freeze(hunt);
        }
        lock (_gate)
        {
            if (_hunts.Count > 0 && _signals.Count == 0 && _surveys.Count == 0)
                Monitor.Wait(_gate, killing ? KillRoundMs : GraceRoundMs);
        }
    }

    private void Finish(Hunt hunt)
    {
        lock (_gate)
            _hunts.Remove(hunt);
        marks.Killed(hunt.Mark);
        hunt.Done();
    }

    /// <summary>
    /// The last resort, and only for the first process of a container: stop everything at once, so that nothing can fork
    /// any more, kill what is hunted, and let the others go on, except those that were stopped before.
    /// </summary>
    private void Freeze(Hunt hunt)
    {
        if (Libc.getpid() != 1)
            return;
        var stoppedBefore = new HashSet<int>();
        foreach (var pid in _processes.All())
        {
            if (_processes.IsStopped(pid))
                stoppedBefore.Add(pid);
        }
        Libc.kill(-1, Abi.SIGSTOP);
        hunt.Signal(_processes.Scan(), marks, Abi.SIGKILL);
        foreach (var pid in _processes.All())
        {
            if (pid != 1 && !stoppedBefore.Contains(pid))
                Libc.kill(pid, Abi.SIGCONT);
        }
    }
}
