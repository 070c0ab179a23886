using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>Removes what has expired: workspaces beyond their time to live, idempotency keys, volumes that nothing needs. A sweep over rows, not timers in memory.</summary>
internal sealed partial class Janitor(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, WorkspaceFactory factory,
    Ownership ownership, IdempotencyStore idempotency, KeyedLock keys,
    EngineVolumes volumes, VolumePool pool, AgentVolume agentVolume, WorkspaceImages images, MetricCatalogue metrics, TimeProvider time,
    ILogger<Janitor> logger)
{
    /// <summary>Another server of another version may be about to use it.</summary>
    private static readonly TimeSpan AgentRetention = TimeSpan.FromDays(7);

    private readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>Told of each workspace that was removed because it had expired, and why. Set once, at start.</summary>
    public Func<Workspace, string, Task> Removed { get; set; } = (_, _) => Task.CompletedTask;

    public async Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        var started = time.GetTimestamp();
        var result = "success";
        var actions = new List<SweepAction>();
        try
        {
            var inspected = workspaces.All.Count;
            foreach (var (workspace, reason) in workspaces.All.Select(workspace => (workspace, WhyExpired(workspace))).Where(pair => pair.Item2 is not null).ToList())
                await RemoveAsync(workspace, reason!, dryRun, actions, cancellationToken);
            await RemoveVolumesAsync(dryRun, actions, cancellationToken);
            await images.CollectAsync(dryRun, actions, cancellationToken);
            if (!dryRun && idempotency.Purge() is > 0 and var keys)
                actions.Add(new SweepAction("keys_purged", Plural.Of(keys, "idempotency key"), "older than 24 hours"));
            if (actions.Count(action => action.Kind != "left_alone") is > 0 and var done)
                LogDone(logger, done, dryRun);
            return new Sweep(dryRun, inspected, actions);
        }
        catch (Exception e)
        {
            result = ErrorCodes.NameOf(e);
            throw;
        }
        finally
        {
            if (!dryRun)
                metrics.Sweeps.Collected(result, time.GetUtcNow(), time.GetElapsedTime(started), actions.Select(action => action.Kind));
            _running.Release();
        }
    }

    private string RetentionDays => Plural.Of((long)options.TransientRetention.TotalDays, "day");

    private string? WhyExpired(Workspace workspace)
    {
        var now = time.GetUtcNow();
        if (workspace.Status == ContainerStatus.Stopped)
            return !workspace.Persistent && now - workspace.LastUsedAt > options.TransientRetention
                ? $"stopped, and unused for {RetentionDays}" : null;
        if (workspace.Status != ContainerStatus.Running)
            return null;
        if (workspace.LeaseUntil < now)
            return "its time to live is over";
        // A running exec counts as use; a use within the granularity may not have been written down.
        return workspace.IdleTimeToLive is { } idle && now - workspace.LastUsedAt > idle + WorkspaceDirectory.UseGranularity && !store.RunningExecs().ContainsKey(workspace.Id.ToString())
            ? $"unused for {idle.TotalSeconds:0} s" : null;
    }

    private async Task RemoveAsync(Workspace workspace, string reason, bool dryRun, List<SweepAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            if (!dryRun)
            {
                using var _ = await keys.LockAsync(WorkspaceRecovery.LockOf(workspace.Id), cancellationToken);
                // A use may have come in between, or a resume.
                if (workspaces.Find(workspace.Id) is not { } present || WhyExpired(present) is null)
                    return;
                await factory.RemoveAsync(present, keepVolume: present.Persistent, cancellationToken);
                await Removed(present, reason);
            }
            actions.Add(new SweepAction("removed", workspace.Id.ToString(), reason));
        }
        catch (RequestException e)
        {
            actions.Add(new SweepAction("postponed", workspace.Id.ToString(), $"{reason}, but: {e.Message}"));
        }
    }

    private async Task RemoveVolumesAsync(bool dryRun, List<SweepAction> actions, CancellationToken cancellationToken)
    {
        var needed = keptFiles.Volumes();
        var found = await volumes.ListAsync(Ownership.Label, cancellationToken);
        // After the listing: a spawn writes its row before it creates the volume.
        needed.UnionWith(pool.Names.Keys);
        needed.UnionWith(workspaces.All.Select(workspace => workspace.VolumeName));
        // And again: a kill writes that files are kept before it removes the row.
        needed.UnionWith(keptFiles.Volumes());
        needed.UnionWith(needed.Select(HomeVolume.NameOf).ToList());
        foreach (var volume in found.Where(volume => !needed.Contains(volume.Name)))
        {
            if (!ownership.IsOurVolume(volume.Name, volume.Labels))
                actions.Add(new SweepAction("left_alone", volume.Name, SweepAction.Foreign));
            else if (volume.Name.StartsWith(WorkspaceFactory.PersistentPrefix, StringComparison.Ordinal))
                actions.Add(new SweepAction("left_alone", volume.Name, "files of a persistent workspace, but nothing says whose"));
            else if (volume.CreatedAt < store.BornAt && time.GetUtcNow() < store.BornAt + options.TransientRetention)
                actions.Add(
                    new SweepAction(
                        "left_alone", volume.Name,
                        "it is older than the database, which may have been lost; "
                            + $"removed after {RetentionDays}"));
            else if (dryRun || await volumes.RemoveAsync(volume.Name, cancellationToken))
                actions.Add(new SweepAction("volume_removed", volume.Name, "no workspace has it"));
        }
        var outdated = time.GetUtcNow() - AgentRetention;
        foreach (var volume in (await volumes.ListAsync(AgentVolume.Filter, cancellationToken)).Where(volume => volume.Name != agentVolume.Name && volume.CreatedAt < outdated))
        {
            if (!dryRun && await volumes.RemoveAsync(volume.Name, cancellationToken))
                actions.Add(new SweepAction("agent_volume_removed", volume.Name, "an agent of another version, used by no container"));
        }
    }

    [LoggerMessage(LogLevel.Information, "Garbage collected")]
    private static partial void LogDone(ILogger logger, int actionCount, bool dryRun);
}
