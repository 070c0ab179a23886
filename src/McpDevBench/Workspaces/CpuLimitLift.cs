using System.Collections.Concurrent;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Lifts a workspace's CPU limit for a short while, so that processes that are to end get the time for it, and sets it to the workspace's
/// own again. One lift at a time for each container, and a rest after it: what runs beside the ending must not gain by it.
/// </summary>
internal sealed partial class CpuLimitLift(
    WorkspaceDirectory workspaces, EngineContainers containers, MetricCatalogue metrics, TimeProvider time, ILogger<CpuLimitLift> logger)
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(15), RetryInterval = TimeSpan.FromSeconds(2);

    /// <summary>How much longer than a lift the rest after it is.</summary>
    private const int RestFactor = 3;

    /// <summary>Of containers whose limit is lifted, or that rest.</summary>
    private readonly ConcurrentDictionary<ContainerId, Task> _turns = [];

    /// <summary>Lifts the limit until the processes have ended, or for <see cref="MaxDuration"/>. Returns once it is restored.</summary>
    /// <param name="ended">Cancelled when the processes have ended.</param>
    public async Task RunAsync(WorkspaceId id, ContainerId container, CancellationToken ended)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (!_turns.TryAdd(container, turn.Task))
        {
            if (_turns.TryGetValue(container, out var other))
                await other.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
                return;
        }
        var lifted = TimeSpan.Zero;
        try
        {
            lifted = await LiftAsync(id, container, ended);
        }
        finally
        {
            _ = RestAsync(container, turn, RestFactor * lifted);
        }
    }

    private async Task RestAsync(ContainerId container, TaskCompletionSource turn, TimeSpan duration)
    {
        await Task.Delay(duration, time);
        _turns.TryRemove(container, out _);
        turn.SetResult();
    }

    /// <returns>How long it was lifted.</returns>
    private async Task<TimeSpan> LiftAsync(WorkspaceId id, ContainerId container, CancellationToken ended)
    {
        if (LimitOf(id, container) is null)
            return TimeSpan.Zero;
        var started = time.GetTimestamp();
        var isLifted = await TryAsync(id, () => containers.LiftCpuLimitAsync(container, CancellationToken.None));
        if (isLifted)
        {
            LogLifted(logger, id);
            await Task.Delay(MaxDuration, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // Also where Docker did not answer: it may have lifted it all the same.
        await RestoreAsync(id, container);
        var duration = time.GetElapsedTime(started);
        metrics.Execs.CpuLimitLifted((isLifted, ended.IsCancellationRequested) switch
        {
            (false, _) => "failed",
            (_, true) => "ended",
            _ => "timed_out",
        });
        LogRestored(logger, id, Math.Round(duration.TotalMilliseconds), ended.IsCancellationRequested);
        return duration;
    }

    /// <summary>
    /// For as long as it takes to reach Docker. After a crash the reconciler does it. A container that is being removed keeps what it has.
    /// </summary>
    private async Task RestoreAsync(WorkspaceId id, ContainerId container)
    {
        while (LimitOf(id, container) is { } cpus
            && !await TryAsync(id, () => containers.SetCpuLimitAsync(container, cpus, CancellationToken.None)))
            await Task.Delay(RetryInterval, time);
    }

    private async Task<bool> TryAsync(WorkspaceId id, Func<Task<bool>> change)
    {
        try
        {
            return await change();
        }
        catch (RequestException e)
        {
            LogNotChanged(logger, id, e.Message);
            return false;
        }
    }

    /// <summary>What the workspace was promised; null if the container is not its any more, or is being removed.</summary>
    private double? LimitOf(WorkspaceId id, ContainerId container) =>
        workspaces.Find(id) is { Status: WorkspaceStatus.Running } workspace && workspace.Container == container
            ? workspace.Limits.Cpus
            : null;

    [LoggerMessage(LogLevel.Information, "CPU limit lifted to end processes")]
    private static partial void LogLifted(ILogger logger, WorkspaceId containerId);

    [LoggerMessage(LogLevel.Information, "CPU limit restored")]
    private static partial void LogRestored(ILogger logger, WorkspaceId containerId, double durationMs, bool haveEnded);

    [LoggerMessage(LogLevel.Warning, "CPU limit of a workspace not changed: Docker did not answer")]
    private static partial void LogNotChanged(ILogger logger, WorkspaceId containerId, [Untrusted] string reason);
}
