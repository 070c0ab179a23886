using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>
/// Removes what has expired: workspaces beyond their time to live, idempotency keys, volumes and images that nothing needs. A sweep over
/// rows, not timers in memory.
/// </summary>
internal sealed partial class Janitor(
    ExpiredWorkspaces workspaces, OrphanedVolumes volumes, AgentVolume agentVolume, OutdatedImages images, IdempotencyStore idempotency,
    MetricCatalogue metrics, TimeProvider time, ILogger<Janitor> logger)
{
    /// <summary>Another server of another version may be about to use it.</summary>
    private static readonly TimeSpan AgentRetention = TimeSpan.FromDays(7);

    private readonly SweepRunner _runner = new(metrics.Sweeps.Collected, time);

    public Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken) =>
        _runner.RunAsync(dryRun, actions => CollectAsync(actions, cancellationToken), cancellationToken);

    private async Task<int> CollectAsync(SweepActions actions, CancellationToken cancellationToken)
    {
        var inspected = await workspaces.CollectAsync(actions, cancellationToken);
        await volumes.CollectAsync(actions, cancellationToken);
        foreach (var name in await agentVolume.FindOutdatedAsync(time.GetUtcNow() - AgentRetention, cancellationToken))
        {
            if (!actions.DryRun && await agentVolume.RemoveAsync(name, cancellationToken))
                actions.Add("agent_volume_removed", name, "an agent of another version, used by no container");
        }
        await images.CollectAsync(actions, cancellationToken);
        if (!actions.DryRun && idempotency.Purge() is > 0 and var keys)
            actions.Add("keys_purged", Plural.Of(keys, "idempotency key"), "older than 24 hours");
        if (actions.Changes > 0)
            LogDone(logger, actions.Changes, actions.DryRun);
        return inspected;
    }

    [LoggerMessage(LogLevel.Information, "Garbage collected")]
    private static partial void LogDone(ILogger logger, int actionCount, bool dryRun);
}
