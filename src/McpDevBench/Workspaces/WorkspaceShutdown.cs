using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// When the server stops: removes pooled volumes, and the workspaces if MCP_STOP_CONTAINERS_ON_EXIT is set, and releases the lease. Started
/// before the tasks that use the lease, and so stopped after them.
/// </summary>
internal sealed class WorkspaceShutdown(
    WorkspaceOptions options, LeaseRenewal lease, VolumePool pool, WorkspaceDirectory workspaces, WorkspaceRemoval removal,
    WorkspaceAudit audit, PeriodicRunner periodic) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Another server has the workspaces now.
        if (lease.Failure is not null)
            return;
        await TryAsync(() => pool.EmptyAsync(cancellationToken));
        if (options.StopOnExit)
        {
            foreach (var workspace in workspaces.All.Where(workspace => !workspace.Persistent))
                await TryAsync(() => RemoveAsync(workspace, cancellationToken));
        }
        await TryAsync(() => lease.ReleaseAsync(cancellationToken));
    }

    private async Task RemoveAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        await removal.RemoveAsync(workspace, keepVolume: false, cancellationToken);
        await audit.RemovedAsync(workspace, "the server stops");
    }

    private Task<bool> TryAsync(Func<Task> step) => periodic.TryAsync(BackgroundMetrics.Shutdown, step);
}
