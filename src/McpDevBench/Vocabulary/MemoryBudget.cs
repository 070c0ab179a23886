namespace McpDevBench.Vocabulary;

/// <summary>Memory that calls may take together. What does not fit waits: first come, first served.</summary>
internal sealed class MemoryBudget(long total, TimeProvider time)
{
    /// <summary>A client's own limit for a call is 30 seconds or more.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(25);

    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = [];
    private long _used;

    public long Used
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>The maximum for one call: the whole budget.</summary>
    public long Total => total;

    /// <param name="bytes">More than all is taken for all.</param>
    /// <returns>What was taken, to be given back.</returns>
    /// <exception cref="RequestException">resource_exhausted: others did not give back enough in time.</exception>
    public async ValueTask<long> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        bytes = Math.Min(bytes, total);
        LinkedListNode<(long Bytes, TaskCompletionSource Granted)> waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _used + bytes <= total)
            {
                _used += bytes;
                return bytes;
            }
            waiter = _waiting.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        try
        {
            await waiter.Value.Granted.Task.WaitAsync(MaxWait, time, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!Abandon(waiter))
                return bytes; // Granted at the same moment.
            if (e is TimeoutException)
                throw Busy(e);
            throw;
        }
    }

    public void Give(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            Grant();
        }
    }

    private bool Abandon(LinkedListNode<(long Bytes, TaskCompletionSource Granted)> waiter)
    {
        lock (_lock)
        {
            if (waiter.List is null)
                return false;
            _waiting.Remove(waiter);
            Grant();
            return true;
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } next && _used + next.Value.Bytes <= total)
        {
            _used += next.Value.Bytes;
            _waiting.RemoveFirst();
            next.Value.Granted.SetResult();
        }
    }

    public static RequestException Busy(Exception? inner) => new(
        ErrorCode.ResourceExhausted, "The server is busy with other large requests and answers.",
        "Call again in a moment, or send and ask for less at once.", retryable: true, inner) { Rule = "request_size" };
}
