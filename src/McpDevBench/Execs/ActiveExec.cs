using McpDevBench.AgentProtocol;

namespace McpDevBench.Execs;

/// <summary>
/// A command that runs: what the agent sends goes into its log in order, and only then is it acknowledged. Holds the immutable
/// <see cref="Exec"/>, replaced whole when it ends.
/// </summary>
internal sealed class ActiveExec(Exec exec, ContainerId container, OutputLog log)
{
    /// <summary>What waits to be written: a piece of output, or the end.</summary>
    public readonly record struct Arrival(
        OutputStream Stream, long UnixMicroseconds, byte[]? Content, int Length, ExecExited? Exit, bool Lost,
        ExecBackground? Background = null);

    private readonly ArrivalQueue _arrivals = new();
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exec _exec = exec;
    private bool _ending;
    private bool _isInBackground;
    private long _lastOutput;

    public Exec Exec => _exec;

    public ContainerId Container => container;

    public OutputLog Log => log;

    /// <summary>Everything up to here has arrived, if not been written: where the next piece must begin.</summary>
    public long Arrived { get; private set; } = log.EndOffset;

    /// <summary>Whether the agent has confirmed that the process runs.</summary>
    public bool Confirmed { get; set; }

    /// <summary>Started by an earlier server, which may have recorded its end.</summary>
    public bool Recovered { get; init; }

    /// <summary>Completes when its start has been reported, or will not be: its end is reported after that.</summary>
    public Task Announced => _announced.Task;

    /// <summary>Cancelled when nothing of it runs any more.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Completes at the next piece of output that is readable, or at the end.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>The clock's timestamp when output was last written down; 0 if none was since this server runs.</summary>
    public long LastOutput => Volatile.Read(ref _lastOutput);

    public ArrivalQueue Arrivals => _arrivals;

    /// <returns>False: it is here already.</returns>
    /// <exception cref="ProtocolException">There is a gap, or more than the agent may send, or something after the end.</exception>
    public bool Arrive(in ExecOutput header, ReadOnlySpan<byte> content)
    {
        if (content.Length is 0 or > Protocol.MaxData || header.Stream is not (OutputStream.Stdout or OutputStream.Stderr))
            throw new ProtocolException($"{content.Length} bytes of output on stream {header.Stream}");
        // Sent twice around a reconnect: it is here already.
        if ((long)header.Offset + content.Length <= Arrived)
            return false;
        if ((long)header.Offset > Arrived)
            throw new ProtocolException($"output at {header.Offset}, expected {Arrived}");
        if (Volatile.Read(ref _ending))
            throw new ProtocolException($"output at {header.Offset}, after the end at {Arrived}");
        content = content[(int)(Arrived - (long)header.Offset)..];
        // Nothing is acknowledged that is not in the log: at most this is what waits for the disk.
        if (Arrived + content.Length - log.EndOffset > Protocol.ExecWindow)
            throw new ProtocolException($"output to {Arrived + content.Length}, of which {log.EndOffset} bytes can have been acknowledged");
        _arrivals.Write(header.Stream, header.UnixMicroseconds, content);
        Arrived += content.Length;
        return true;
    }

    /// <summary>Its leader has ended; repeated on every stream while processes of it run.</summary>
    /// <returns>False: that is known already.</returns>
    /// <exception cref="ProtocolException">Output is missing.</exception>
    public bool Arrive(ExecBackground background)
    {
        if ((long)background.Leader.Produced > Arrived)
            throw new ProtocolException($"the leader ended at {background.Leader.Produced}, but {Arrived} bytes came");
        if (Volatile.Read(ref _ending) || Interlocked.Exchange(ref _isInBackground, true))
            return false;
        _arrivals.Write(new Arrival(default, 0, null, 0, null, Lost: false, background));
        return true;
    }

    /// <summary>The agent repeats it on every connection until it is acknowledged.</summary>
    /// <returns>False: that is known already.</returns>
    /// <exception cref="ProtocolException">Output is missing.</exception>
    public bool Arrive(ExecExited exit)
    {
        if ((long)exit.Produced != Arrived)
            throw new ProtocolException($"the exec ended at {exit.Produced}, but {Arrived} bytes came");
        return End(new Arrival(default, 0, null, 0, exit, Lost: false));
    }

    /// <summary>See <see cref="Execs.Exec.Unsettled"/>.</summary>
    public void Doubt() => _exec = _exec with { Unsettled = true };

    /// <summary>A sentence for its caller.</summary>
    public void Note(string note)
    {
        var exec = _exec;
        Update(exec with { Notes = [.. exec.Notes, note] });
    }

    /// <summary>The agent never started it.</summary>
    public void NeverBegan()
    {
        _exec = _exec with { NeverBegan = true };
        Lose();
    }

    /// <summary>Its container is gone; what arrived before counts.</summary>
    public void Lose() => End(new Arrival(default, 0, null, 0, null, Lost: true));

    public void Announce() => _announced.TrySetResult();

    /// <summary>More is known of it, but it is not over.</summary>
    public void Update(Exec exec)
    {
        _exec = exec;
        Notify();
    }

    public void Finish(Exec exec)
    {
        _exec = exec;
        _arrivals.Complete();
        log.Dispose();
        Notify();
        _over.Cancel();
    }

    /// <summary>Output is in the log.</summary>
    public void Wrote(long timestamp)
    {
        Volatile.Write(ref _lastOutput, timestamp);
        Notify();
    }

    /// <param name="onOutput">Called when there is new output in the log.</param>
    /// <param name="alsoBackground">Also for the end of processes that outlive the command.</param>
    public async Task WaitForEndAsync(
        TimeSpan timeout, TimeProvider time, Action<OutputLog>? onOutput, CancellationToken cancellationToken, bool alsoBackground = false)
    {
        var started = time.GetTimestamp();
        for (var shown = 0L; ;)
        {
            var changed = Changed;
            var ended = alsoBackground ? Exec.Complete : Exec.Finished;
            if (log.NextSeq > shown)
                onOutput?.Invoke(log);
            shown = log.NextSeq;
            var left = timeout - time.GetElapsedTime(started);
            if (ended || left <= TimeSpan.Zero)
                return;
            await changed.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (CallDeadline.EndsWait(cancellationToken))
                return;
        }
    }

    public void Notify() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private bool End(Arrival end)
    {
        if (Interlocked.Exchange(ref _ending, true))
            return false;
        _arrivals.Write(end);
        return true;
    }
}
