using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>Registers what is counted of workspaces for metrics and the status.</summary>
internal sealed class WorkspaceCounts(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceService service, WorkspaceQuota quota, ProcessorPlacement placement,
    StatusReporter status, MetricCatalogue metrics) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.BeforeCollect(() =>
        {
            service.CountContainers();
            metrics.Containers.PinnedCounted(placement.Pinned);
        });
        status.RegisterUsage("containers", () => (WorkspaceCeiling.Used(workspaces.All).Count, options.MaxWorkspaces));
        status.RegisterUsage("memory_mb", () => (WorkspaceCeiling.Used(workspaces.All).MemoryMb, quota.Last?.MemoryMb));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
