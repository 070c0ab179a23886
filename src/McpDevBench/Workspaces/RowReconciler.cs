using System.Globalization;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>Reconciles the row of a workspace with its container: finishes or undoes what a crash interrupted.</summary>
internal sealed class RowReconciler(
    WorkspaceDirectory workspaces, Spawner spawner, WorkspaceRemoval removal, WorkspaceResumer resumer, WorkspaceContainers containers,
    ProcessorReconciler processors, VolumePool pool, TimeProvider time)
{
    /// <summary>From the row to the greeting, every call to Docker at its limit.</summary>
    private static readonly TimeSpan MaxSpawn = TimeSpan.FromMinutes(10);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public ICollection<Workspace> All => workspaces.All;

    /// <param name="container">Null: the engine does not have it.</param>
    /// <param name="isKept">Its volume holds files that were kept.</param>
    public async Task SettleAsync(
        Workspace workspace, EngineContainer? container, bool isKept, SweepActions actions, CancellationToken cancellationToken)
    {
        var id = workspace.Id.ToString();
        switch (workspace.Status)
        {
            case WorkspaceStatus.Creating when workspace.CreatedAt < _startedAt || time.GetUtcNow() - workspace.CreatedAt > MaxSpawn:
                var begun = workspace with { Container = container?.Id ?? workspace.Container };
                await actions.DoAsync(
                    "spawn_undone", id, "its spawn did not get to its end", () => spawner.UndoAsync(begun, isVolumeNew: !isKept));
                break;
            case WorkspaceStatus.Removing when !removal.IsUnderWay(workspace.Id):
                await actions.DoAsync(
                    "removal_finished", id, "its removal did not get to its end",
                    () => removal.RemoveAsync(workspace, isKept, cancellationToken));
                break;
            case WorkspaceStatus.Resuming when !resumer.IsUnderWay(workspace.Id):
                await actions.DoAsync(
                    "resume_undone", id, "its resume did not get to its end; the next use resumes it",
                    () => resumer.UndoAsync(workspace.Id));
                break;
            case WorkspaceStatus.Running or WorkspaceStatus.Stopped
                when container is null && !workspace.Persistent && !await HasVolumeAsync(workspace, cancellationToken):
                // A persistent one stays: its files may be on another engine, or in a backup. Its next use reports what is missing.
                await actions.DoAsync(
                    "row_removed", id, "Docker has neither its container nor its volume", () => StopAsync(workspace, remove: true));
                break;
            case WorkspaceStatus.Running when container is null:
                await actions.DoAsync("marked_stopped", id, "Docker no longer has its container", () => StopAsync(workspace));
                break;
            case WorkspaceStatus.Running when !container.State.IsUp():
                await actions.DoAsync("marked_stopped", id, $"its container is {container.State.Name()}", () => StopAsync(workspace));
                break;
            case WorkspaceStatus.Running when !actions.DryRun && workspaces.Find(workspace.Id)?.Container == workspace.Container:
                containers.Reconnect(workspace);
                await processors.SettleAsync(workspace, actions, cancellationToken);
                break;
        }
    }

    private async Task<bool> HasVolumeAsync(Workspace workspace, CancellationToken cancellationToken) =>
        await pool.FindLeftAsync(workspace.VolumeName, cancellationToken) is { Files: true } or { Home: true };

    private async Task StopAsync(Workspace workspace, bool remove = false)
    {
        if (workspaces.Find(workspace.Id)?.Container != workspace.Container)
            return;
        if (remove)
            workspaces.Remove(workspace);
        else
            workspaces.MarkStopped(workspace);
        await containers.LoseAsync(workspace);
    }
}

/// <summary>
/// Reconciles the processors of a container that an earlier server created: learns which it has, and restores a CPU limit that was lifted
/// when that server ended. One that an operator lowered stays.
/// </summary>
internal sealed class ProcessorReconciler(ProcessorPlacement placement, EngineContainers engine)
{
    private const double CpuTolerance = 0.001;

    public async Task SettleAsync(Workspace workspace, SweepActions actions, CancellationToken cancellationToken)
    {
        var container = workspace.Container!;
        if (placement.Knows(workspace.Id) || await engine.InspectAsync(container, cancellationToken) is not { } details)
            return;
        var cpus = workspace.Limits.Cpus;
        if (details.Cpus - cpus > CpuTolerance)
            await actions.DoAsync(
                "cpu_limit_restored", workspace.Id.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"its container had {details.Cpus} processors instead of {cpus}"),
                () => engine.SetCpuLimitAsync(container, cpus, cancellationToken));
        placement.Note(workspace.Id, details.Processors);
    }
}
