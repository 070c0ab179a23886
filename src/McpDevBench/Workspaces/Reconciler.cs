using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Makes the database (what is intended) and Docker (what is) agree: at start, periodically, and when asked. Works from one listing; a
/// listing that fails changes nothing.
/// </summary>
internal sealed partial class Reconciler(
    RowReconciler rows, StrayReconciler strays, VolumeReconciler volumes, EarlierStates earlier, EngineInventory inventory,
    MetricCatalogue metrics, TimeProvider time, ILogger<Reconciler> logger)
{
    private readonly SweepRunner _runner = new(metrics.Sweeps.Reconciled, time);

    /// <summary>Whether it has run to its end since the server started.</summary>
    public bool HasRun { get; private set; }

    /// <summary>What the last run found, for the operator.</summary>
    public string Describe()
    {
        if (!HasRun)
            return "Database and Docker have not been compared yet.";
        var sentences = new[] { "Database and Docker have been compared.", strays.Describe(), earlier.Describe() };
        return string.Join(' ', sentences.OfType<string>());
    }

    public Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken) =>
        _runner.RunAsync(dryRun, actions => SettleAsync(actions, cancellationToken), cancellationToken);

    private async Task<int> SettleAsync(SweepActions actions, CancellationToken cancellationToken)
    {
        // Before the listing: a container that is made after it is not missing.
        var known = rows.All;
        var found = await inventory.ContainersAsync(cancellationToken);
        var kept = volumes.Kept();
        var knownVolumes = kept.Concat(known.Select(workspace => workspace.VolumeName)).ToHashSet();
        foreach (var workspace in known)
        {
            var container = found.FirstOrDefault(container => strays.IsContainerOf(container, workspace));
            await rows.SettleAsync(workspace, container, kept.Contains(workspace.VolumeName), actions, cancellationToken);
        }
        foreach (var container in found.Where(container => !rows.All.Any(workspace => strays.IsContainerOf(container, workspace))))
            await strays.SettleAsync(container, actions, cancellationToken);
        var foundVolumes = await inventory.VolumesAsync(cancellationToken);
        volumes.Settle(foundVolumes, knownVolumes, actions);
        earlier.Note(found, foundVolumes);
        foreach (var helper in await inventory.HelpersAsync(cancellationToken))
            await strays.SettleHelperAsync(helper, actions, cancellationToken);
        HasRun |= !actions.DryRun;
        if (actions.Changes > 0)
            LogDone(logger, found.Count, actions.Changes, actions.DryRun);
        return found.Count;
    }

    [LoggerMessage(LogLevel.Information, "Database and Docker reconciled")]
    private static partial void LogDone(ILogger logger, int containerCount, int actionCount, bool dryRun);
}

/// <summary>What is on the engine under our labels.</summary>
internal sealed class EngineInventory(EngineContainers containers, EngineVolumes volumes)
{
    public Task<IReadOnlyList<EngineContainer>> ContainersAsync(CancellationToken cancellationToken) =>
        containers.ListAsync(Ownership.Label, cancellationToken);

    public Task<IReadOnlyList<EngineContainer>> HelpersAsync(CancellationToken cancellationToken) =>
        containers.ListAsync(AgentVolume.Filter, cancellationToken);

    public Task<IReadOnlyList<EngineVolume>> VolumesAsync(CancellationToken cancellationToken) =>
        volumes.ListAsync(Ownership.Label, cancellationToken);
}
