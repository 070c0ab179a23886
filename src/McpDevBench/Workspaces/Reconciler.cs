using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Makes the database (what is intended) and Docker (what is) agree: at start, periodically, and when asked. Works from one listing; a listing that fails
/// changes nothing.
/// </summary>
internal sealed partial class Reconciler(
    WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, WorkspaceFactory factory, WorkspaceRecovery recovery, Adoption adoption,
    Ownership ownership, ProcessorPlacement placement, AgentDirectory agents,
    EngineContainers containers, EngineVolumes volumes, MetricCatalogue metrics, TimeProvider time, ILogger<Reconciler> logger)
{
    /// <summary>What is younger may be somebody's spawn under way.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);

    /// <summary>From the row to the greeting, every call to Docker at its limit.</summary>
    private static readonly TimeSpan MaxSpawn = TimeSpan.FromMinutes(10);

    private const double CpuTolerance = 0.001;

    private readonly SemaphoreSlim _running = new(1, 1);
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private List<SweepAction> _actions = [];
    private volatile EarlierState? _earlier;
    private int _adopted;

    /// <summary>Whether it has run to its end since the server started.</summary>
    public bool HasRun { get; private set; }

    /// <summary>What the last run found, for the operator.</summary>
    public string Describe()
    {
        if (!HasRun)
            return "Database and Docker have not been compared yet.";
        var adopted = Volatile.Read(ref _adopted);
        var sentences = new[]
        {
            "Database and Docker have been compared.",
            adopted == 0 ? null : $"Adopted since the start, because the database did not know them: {Plural.Of(adopted, "workspace")}.",
            _earlier?.Describe(),
        };
        return string.Join(' ', sentences.OfType<string>());
    }

    public async Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        var started = time.GetTimestamp();
        var result = "success";
        try
        {
            _actions = [];
            // Before the listing: a container that is made after it is not missing.
            var known = workspaces.All;
            var found = await containers.ListAsync(Ownership.Label, cancellationToken);
            var kept = keptFiles.Volumes();
            var knownVolumes = kept.Concat(known.Select(workspace => workspace.VolumeName)).ToHashSet();
            foreach (var workspace in known)
                await SettleAsync(workspace, found.FirstOrDefault(container => IsContainerOf(container, workspace)), kept, dryRun, cancellationToken);
            foreach (var container in found.Where(container => !workspaces.All.Any(workspace => IsContainerOf(container, workspace))))
                await SettleStrangerAsync(container, dryRun, cancellationToken);
            var foundVolumes = await volumes.ListAsync(Ownership.Label, cancellationToken);
            await SettleVolumesAsync(foundVolumes, knownVolumes, dryRun);
            NoteEarlier(EarlierState.Of(found, foundVolumes, ownership, store.BornAt));
            foreach (var helper in await containers.ListAsync(AgentVolume.Filter, cancellationToken))
                await SettleHelperAsync(helper, dryRun, cancellationToken);
            HasRun |= !dryRun;
            if (_actions.Count(action => action.Kind != "left_alone") is > 0 and var done)
                LogDone(logger, found.Count, done, dryRun);
            return new Sweep(dryRun, found.Count, _actions);
        }
        catch (Exception e)
        {
            result = ErrorCodes.NameOf(e);
            throw;
        }
        finally
        {
            if (!dryRun)
                metrics.Sweeps.Reconciled(result, time.GetUtcNow(), time.GetElapsedTime(started), _actions.Select(action => action.Kind));
            _running.Release();
        }
    }

    /// <summary>Logged once: another server's containers come and go.</summary>
    private void NoteEarlier(EarlierState found)
    {
        if (_earlier is null && found.Containers + found.Volumes > 0)
            LogEarlier(logger, found.Older > 0 ? LogLevel.Warning : LogLevel.Information, found.Containers, found.Volumes, found.Older);
        _earlier = found;
    }

    private bool IsContainerOf(EngineContainer container, Workspace workspace) =>
        container.DockerId == workspace.DockerId
        || (workspace.DockerId is null && container.Labels.GetValueOrDefault(Ownership.IdLabel) == workspace.Id.ToString() && ownership.IsOurs(container));

    private async Task SettleAsync(Workspace workspace, EngineContainer? container, HashSet<string> kept, bool dryRun, CancellationToken cancellationToken)
    {
        switch (workspace.Status)
        {
            case ContainerStatus.Creating when workspace.CreatedAt < _startedAt || time.GetUtcNow() - workspace.CreatedAt > MaxSpawn:
                await DoAsync("spawn_undone", workspace.Id.ToString(), "its spawn did not get to its end", dryRun,
                    () => factory.UndoAsync(workspace with { DockerId = container?.DockerId ?? workspace.DockerId }, freshVolume: !kept.Contains(workspace.VolumeName)));
                break;
            case ContainerStatus.Removing when !factory.IsRemoving(workspace.Id):
                await DoAsync("removal_finished", workspace.Id.ToString(), "its removal did not get to its end", dryRun, () => factory.RemoveAsync(workspace, keepVolume: kept.Contains(workspace.VolumeName), cancellationToken));
                break;
            // A persistent one stays: its files may be on another engine, or in a backup. Its next use reports what is missing.
            case ContainerStatus.Running or ContainerStatus.Stopped
                when container is null && !workspace.Persistent && !await HasVolumeAsync(workspace, cancellationToken):
                await DoAsync("row_removed", workspace.Id.ToString(), "Docker has neither its container nor its volume", dryRun, () => StopAsync(workspace, remove: true));
                break;
            case ContainerStatus.Running when container is null:
                await DoAsync("marked_stopped", workspace.Id.ToString(), "Docker no longer has its container", dryRun, () => StopAsync(workspace));
                break;
            case ContainerStatus.Running when container.State is not ("running" or "paused" or "restarting"):
                await DoAsync("marked_stopped", workspace.Id.ToString(), $"its container is {container.State}", dryRun, () => StopAsync(workspace));
                break;
            case ContainerStatus.Resuming when !recovery.IsUnderWay(workspace.Id):
                await DoAsync(
                    "resume_undone", workspace.Id.ToString(), "its resume did not get to its end; the next use resumes it", dryRun,
                    () => recovery.UndoAsync(workspace.Id));
                break;
            case ContainerStatus.Running when !dryRun && workspaces.Find(workspace.Id)?.DockerId == workspace.DockerId:
                agents.Resume(workspace.DockerId!, ownership.AgentSecret(workspace.Id));
                await SettleProcessorsAsync(workspace, workspace.DockerId!, cancellationToken);
                break;
        }
    }

    /// <summary>
    /// Of a container that an earlier server created: learns which processors it has, and restores a CPU limit that was lifted when that
    /// server ended. One that an operator lowered stays.
    /// </summary>
    private async Task SettleProcessorsAsync(Workspace workspace, string dockerId, CancellationToken cancellationToken)
    {
        if (placement.Knows(workspace.Id) || await containers.InspectAsync(dockerId, cancellationToken) is not { } details)
            return;
        var cpus = workspace.Limits.Cpus;
        if (details.Cpus - cpus > CpuTolerance)
            await DoAsync("cpu_limit_restored", workspace.Id.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"its container had {details.Cpus} processors instead of {cpus}"), dryRun: false,
                () => containers.SetCpuLimitAsync(dockerId, cpus, cancellationToken));
        placement.Note(workspace.Id, details.Processors);
    }

    private async Task SettleStrangerAsync(EngineContainer container, bool dryRun, CancellationToken cancellationToken)
    {
        if (!ownership.IsOurs(container))
        {
            LeaveAlone(container, SweepAction.Foreign);
            return;
        }
        if (time.GetUtcNow() - container.CreatedAt < Settled && container.CreatedAt > _startedAt)
            return;
        var id = container.Labels.GetValueOrDefault(Ownership.IdLabel);
        var present = ContainerId.TryParse(id, out var parsed) ? workspaces.Find(parsed) : null;
        if (present is { Status: ContainerStatus.Creating or ContainerStatus.Resuming })
            return;
        if (present is null && await adoption.OfAsync(container, cancellationToken) is { } adopted)
        {
            var reason = $"it is ours, but the database did not know it. {adopted.Adoption}";
            await DoAsync("adopted", adopted.Id.ToString(), reason, dryRun, () =>
            {
                workspaces.Add(adopted);
                LogAdopted(logger, adopted.Id, adopted.Adoption!);
                Interlocked.Increment(ref _adopted);
                if (adopted.Status == ContainerStatus.Running)
                    agents.Resume(adopted.DockerId!, ownership.AgentSecret(adopted.Id));
                return Task.CompletedTask;
            });
        }
        else if (container.State is "running" or "paused" or "restarting")
        {
            LeaveAlone(container, "it runs, and the database does not know it; if it is not needed, remove it with docker rm -f");
        }
        else
        {
            var reason = present is null
                ? "it is ours, but has no volume with files"
                : $"the workspace {present.Id} has another container by now";
            await DoAsync(
                "removed", container.DockerId, reason, dryRun, () => containers.RemoveAsync(container.DockerId, cancellationToken));
        }
    }

    /// <summary>A helper that a crash left behind is removed; a container that only carries its label is somebody's.</summary>
    private async Task SettleHelperAsync(EngineContainer container, bool dryRun, CancellationToken cancellationToken)
    {
        if (ownership.IsAbandonedHelper(container))
            await DoAsync(
                "helper_removed", container.DockerId, "a helper container that a crash left behind", dryRun,
                () => containers.RemoveAsync(container.DockerId, cancellationToken));
        else if (!ownership.IsOurHelper(container))
            LeaveAlone(container, SweepAction.Foreign);
    }

    private void LeaveAlone(EngineContainer container, string reason) =>
        _actions.Add(new SweepAction("left_alone", container.DockerId, reason));

    /// <summary>
    /// Volumes of persistent workspaces that the database does not know are kept files; kept files whose volume is gone are gone.
    /// </summary>
    /// <param name="known">The volumes that the database knew before <paramref name="found"/> was listed.</param>
    private async Task SettleVolumesAsync(IReadOnlyList<EngineVolume> found, HashSet<string> known, bool dryRun)
    {
        var needed = keptFiles.Volumes();
        needed.UnionWith(workspaces.All.Select(workspace => workspace.VolumeName));
        foreach (var volume in found.Where(volume => !known.Contains(volume.Name) && !needed.Contains(volume.Name)))
        {
            if (!HomeVolume.IsHome(volume.Name) && ownership.IsOurVolume(volume.Name, volume.Labels)
                && ownership.KeptFilesOf(volume.Name, volume.Labels, time.GetUtcNow()) is { } kept)
            {
                var reason = "files of a persistent workspace that the database did not know; "
                    + $"spawn with alias={kept.Alias} restores them";
                await DoAsync("kept_found", volume.Name, reason, dryRun, () =>
                {
                    keptFiles.Insert(kept);
                    return Task.CompletedTask;
                });
            }
        }
        var there = found.Select(volume => volume.Name).ToHashSet();
        // Of what is kept, a home directory that is left alone stays kept.
        foreach (var volume in keptFiles.Volumes()
            .Where(name => known.Contains(name) && !there.Contains(name) && !there.Contains(HomeVolume.NameOf(name))))
        {
            await DoAsync("kept_lost", volume, "the volume of kept files is no longer on the Docker host", dryRun, () =>
            {
                keptFiles.Delete(volume);
                return Task.CompletedTask;
            });
        }
    }

    private async Task<bool> HasVolumeAsync(Workspace workspace, CancellationToken cancellationToken) =>
        (await volumes.ListAsync(Ownership.Label, cancellationToken))
            .Any(volume => volume.Name == workspace.VolumeName || volume.Name == HomeVolume.NameOf(workspace.VolumeName));

    private async Task StopAsync(Workspace workspace, bool remove = false)
    {
        if (workspaces.Find(workspace.Id)?.DockerId != workspace.DockerId)
            return;
        if (remove)
            workspaces.Remove(workspace);
        else
            workspaces.MarkStopped(workspace);
        if (workspace.DockerId is { } dockerId)
            await agents.LoseAsync(dockerId);
    }

    private async Task DoAsync(string kind, string subject, string reason, bool dryRun, Func<Task> action)
    {
        _actions.Add(new SweepAction(kind, subject, reason));
        if (!dryRun)
            await action();
    }

    [LoggerMessage(LogLevel.Warning, "Adopted a container that the database did not know")]
    private static partial void LogAdopted(ILogger logger, ContainerId containerId, [Untrusted] string adoption);

    [LoggerMessage("Containers or files of another state exist on the Docker host; not adopted")]
    private static partial void LogEarlier(ILogger logger, LogLevel level, int containerCount, int volumeCount, int olderCount);

    [LoggerMessage(LogLevel.Information, "Database and Docker reconciled")]
    private static partial void LogDone(ILogger logger, int containerCount, int actionCount, bool dryRun);
}
