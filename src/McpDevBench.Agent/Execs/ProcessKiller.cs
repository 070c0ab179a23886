using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;

namespace McpDevBench.Agent.Execs;

/// <summary>The thread that signals and kills. It exists from the start, so that no fork bomb can prevent it from starting.</summary>
internal sealed class ProcessKiller(Marks marks)
{
    private const int KillRoundMs = 2;
    private const int GraceRoundMs = 20;

    private readonly object _gate = new();
    private readonly List<Action<List<MarkedProcess>>> _signals = [];
    private readonly List<KillJob> _jobs = [];
    private readonly List<SurvivorQuery> _queries = [];
    private readonly ProcessTable _processes = new(marks);

    public void Start() => Threads.Start("killer", Run);

    /// <summary>A signal to every process of an exec, then the continuation.</summary>
    public void Signal(ulong mark, int signal, Action sent) => Enqueue(_signals, found =>
    {
        foreach (var process in found)
        {
            if (process.Mark == mark)
                Libc.kill(process.Pid, signal);
        }
        sent();
    });

    /// <summary>Which processes of an exec are alive; answered on the killer's thread.</summary>
    public void Start(SurvivorQuery query) => Enqueue(_queries, query);

    public void Start(KillJob job) => Enqueue(_jobs, job);

    /// <summary>The agent's own end: no process below it survives. From the loop's thread, when nothing else runs any more.</summary>
    public void KillEverything()
    {
        var processes = new ProcessTable(marks);
        var deadline = Clock.Milliseconds + 2_000;
        for (var empty = 0; empty < 2 && Clock.Milliseconds < deadline;)
        {
            var found = processes.Scan();
            empty++;
            foreach (var process in found)
            {
                if (ProcessStatus.IsAlive(process.Pid))
                    empty = 0;
                Libc.kill(process.Pid, Abi.SIGSTOP);
            }
            foreach (var process in found)
                Libc.kill(process.Pid, Abi.SIGKILL);
        }
    }

    private void Enqueue<T>(List<T> queue, T item)
        where T : class
    {
        lock (_gate)
        {
            queue.Add(item);
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (true)
        {
            KillJob[] jobs;
            Action<List<MarkedProcess>>[] signals;
            SurvivorQuery[] queries;
            lock (_gate)
            {
                while (_signals.Count == 0 && _jobs.Count == 0 && _queries.Count == 0)
                    Monitor.Wait(_gate);
                signals = [.. _signals];
                jobs = [.. _jobs];
                queries = [.. _queries];
                _signals.Clear();
                _queries.Clear();
            }
            var found = _processes.Scan();
            foreach (var signal in signals)
                signal(found);
            foreach (var query in queries)
                query.Answer(found);
            if (jobs.Length > 0)
                Round(jobs, found);
        }
    }

    private void Round(KillJob[] jobs, List<MarkedProcess> found)
    {
        bool killing = false, confirming = false;
        foreach (var job in jobs)
        {
            if (job.Round(found, marks))
            {
                Finish(job);
                continue;
            }
            killing |= job.Killing;
            confirming |= job.WantsConfirmation;
            if (job.WantsFreeze)
                Freeze(job);
        }
        lock (_gate)
        {
            if (_jobs.Count > 0 && !confirming && _signals.Count == 0 && _queries.Count == 0)
                Monitor.Wait(_gate, killing ? KillRoundMs : GraceRoundMs);
        }
    }

    private void Finish(KillJob job)
    {
        lock (_gate)
            _jobs.Remove(job);
        marks.Killed(job.Mark);
        job.Done();
    }

    /// <summary>
    /// The last resort, only for the first process of a container: stops everything at once, so that nothing can fork any more, kills the
    /// targets, and continues the others, except those that were stopped before.
    /// </summary>
    private void Freeze(KillJob job)
    {
        if (Libc.getpid() != 1)
            return;
        var stoppedBefore = new HashSet<int>();
        foreach (var process in _processes.All())
        {
            if (ProcessStatus.IsStopped(process.Pid))
                stoppedBefore.Add(process.Pid);
        }
        Libc.kill(-1, Abi.SIGSTOP);
        foreach (var process in _processes.Scan())
        {
            if (job.IsTarget(process.Mark, marks))
                Libc.kill(process.Pid, Abi.SIGKILL);
        }
        foreach (var process in _processes.All())
        {
            if (process.Pid != 1 && !stoppedBefore.Contains(process.Pid))
                Libc.kill(process.Pid, Abi.SIGCONT);
        }
    }
}
