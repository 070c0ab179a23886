using System.Globalization;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Execs;

/// <summary>
/// Limits the commands that run at once in a workspace. A call beyond the limit waits in a bounded queue, first come, first served; a
/// caller that goes away leaves the queue.
/// </summary>
internal sealed class ExecSlots(ExecOptions options, MetricCatalogue metrics, TimeProvider time)
{
    /// <summary>Calls that may wait in one workspace.</summary>
    public const int MaxWaiting = 32;

    private const int MaxCommandLength = 60;

    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, Queue> _queues = [];

    /// <summary>Takes a slot, waiting for one if need be.</summary>
    /// <returns>The exec, started now, and the time that it waited.</returns>
    /// <exception cref="RequestException">concurrent_limit: no slot in time, or too many calls wait already.</exception>
    public async Task<(Exec Exec, TimeSpan Waited)> TakeAsync(Exec exec, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(exec);
        lock (_lock)
        {
            var queue = _queues.TryGetValue(exec.ContainerId, out var present) ? present : _queues[exec.ContainerId] = new Queue();
            if (queue.Running.Count < options.MaxConcurrent)
                return (Grant(queue, exec), TimeSpan.Zero);
            if (queue.Waiting.Count >= MaxWaiting || maxWait <= TimeSpan.Zero)
            {
                metrics.Execs.QueueRejected(maxWait <= TimeSpan.Zero ? "timed_out" : "queue_full");
                throw LimitError(queue, $"calls that wait for a slot: {queue.Waiting.Count}");
            }
            queue.Waiting.AddLast(waiter);
        }
        return await WaitAsync(waiter, maxWait, cancellationToken);
    }

    /// <summary>Counts a command that runs already, also beyond the limit.</summary>
    public void Occupy(Exec exec)
    {
        lock (_lock)
        {
            var queue = _queues.TryGetValue(exec.ContainerId, out var present) ? present : _queues[exec.ContainerId] = new Queue();
            queue.Running[exec.Id] = exec;
        }
    }

    /// <summary>Passes the slot to the next call in the queue. Releasing twice is harmless.</summary>
    public void Release(Exec exec)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(exec.ContainerId, out var queue) || !queue.Running.Remove(exec.Id))
                return;
            while (queue.Running.Count < options.MaxConcurrent && queue.Waiting.First is { } first)
            {
                queue.Waiting.RemoveFirst();
                first.Value.Granted.SetResult(Grant(queue, first.Value.Exec));
            }
            if (queue.Running.Count == 0 && queue.Waiting.Count == 0)
                _queues.Remove(exec.ContainerId);
        }
    }

    private async Task<(Exec Exec, TimeSpan Waited)> WaitAsync(Waiter waiter, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var result = "started";
        metrics.Execs.EnteredQueue();
        try
        {
            var exec = await waiter.Granted.Task.WaitAsync(maxWait, time, cancellationToken);
            return (exec, time.GetElapsedTime(began));
        }
        catch (TimeoutException) when (Leave(waiter) is { } error)
        {
            result = "timed_out";
            throw error;
        }
        catch (TimeoutException)
        {
            // The slot came in the same moment.
            return (await waiter.Granted.Task, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException)
        {
            result = "cancelled";
            if (Leave(waiter) is null)
                Release(await waiter.Granted.Task);
            throw;
        }
        finally
        {
            metrics.Execs.LeftQueue(result, time.GetElapsedTime(began));
        }
    }

    /// <returns>The error; null if the slot was granted meanwhile.</returns>
    private RequestException? Leave(Waiter waiter)
    {
        lock (_lock)
        {
            return _queues.TryGetValue(waiter.Exec.ContainerId, out var queue) && queue.Waiting.Remove(waiter)
                ? LimitError(queue, "none ended while this call waited")
                : null;
        }
    }

    private Exec Grant(Queue queue, Exec exec) => queue.Running[exec.Id] = exec with { StartedAt = time.GetUtcNow() };

    private RequestException LimitError(Queue queue, string reason)
    {
        var running = queue.Running.Values.OrderBy(exec => exec.StartedAt).ToList();
        return new RequestException(
            ErrorCode.ConcurrentLimit,
            $"This workspace runs at most {Plural.Of(options.MaxConcurrent, "command")} at once, and all slots are taken; {reason}. "
                + $"Running: {string.Join("; ", running.Select(Describe))}.",
            "Wait for one with exec_poll (wait_ms), or end one with exec_cancel; then call again. exec waits up to its wait_ms for a slot.",
            retryable: true)
        {
            Rule = "concurrent_execs",
            Details = new Dictionary<string, string>
            {
                ["limit"] = options.MaxConcurrent.ToString(CultureInfo.InvariantCulture),
                ["running"] = string.Join(' ', running.Select(exec => exec.Id)),
            },
        };
    }

    private static string Describe(Exec exec)
    {
        var command = CommandText.Of(exec, MaxCommandLength);
        return $"{exec.Id} ({command}) since {Timestamps.Seconds(exec.StartedAt)}";
    }

    private sealed record Waiter(Exec Exec)
    {
        public TaskCompletionSource<Exec> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Queue
    {
        public Dictionary<ExecId, Exec> Running { get; } = [];

        public LinkedList<Waiter> Waiting { get; } = [];
    }
}
