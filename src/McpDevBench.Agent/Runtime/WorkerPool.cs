namespace McpDevBench.Agent.Runtime;

/// <summary>Work that may wait for a disk, or for content.</summary>
/// <param name="Run">Catches what it throws.</param>
/// <param name="IsLong">May take any time: a transfer, a search, a whole tree.</param>
/// <param name="Weight">Bytes of its request.</param>
internal readonly record struct Job(Action Run, bool IsLong = false, int Weight = 0);

/// <summary>Eight threads for files and spawns. Long jobs never occupy all of them, so that small ones are always served.</summary>
internal sealed class WorkerPool
{
    private const int Workers = 8;
    private const int MaxLong = 6;
    private const int MaxQueued = 512;
    private const int MaxQueuedBytes = 4 << 20;

    private readonly object _gate = new();
    private readonly Queue<Job> _short = new();
    private readonly Queue<Job> _long = new();
    private int _longRunning;
    private int _queuedBytes;

    public void Start()
    {
        for (var i = 0; i < Workers; i++)
            Threads.Start("worker", Work);
    }

    /// <returns>False: too much is waiting already.</returns>
    public bool TrySubmit(Job job)
    {
        lock (_gate)
        {
            if (_short.Count + _long.Count >= MaxQueued || _queuedBytes + job.Weight > MaxQueuedBytes)
                return false;
            _queuedBytes += job.Weight;
            (job.IsLong ? _long : _short).Enqueue(job);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    private void Work()
    {
        while (true)
        {
            var job = Take();
            job.Run();
            if (job.IsLong)
                LongDone();
        }
    }

    private Job Take()
    {
        lock (_gate)
        {
            Job job;
            while (!_short.TryDequeue(out job) && !TryTakeLong(out job))
                Monitor.Wait(_gate);
            _queuedBytes -= job.Weight;
            return job;
        }
    }

    private bool TryTakeLong(out Job job)
    {
        if (_longRunning == MaxLong || !_long.TryDequeue(out job))
        {
            job = default;
            return false;
        }
        _longRunning++;
        return true;
    }

    private void LongDone()
    {
        lock (_gate)
        {
            _longRunning--;
            Monitor.Pulse(_gate);
        }
    }
}
