using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Reconciles database and Docker, then removes what has expired: at start as soon as Docker answers, then at the cleanup interval.
/// </summary>
internal sealed class WorkspaceSweeps(
    WorkspaceOptions options, LeaseRenewal lease, Reconciler reconciler, Janitor janitor, EngineReturn engineReturn, UidAllocator uids,
    WorkspaceAudit audit, PeriodicRunner periodic) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    private readonly PeriodicTask _task = new(BackgroundMetrics.Reconcile, options.CleanupInterval) { FirstRetryInterval = RetryInterval };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await periodic.RunAsync(_task, RunAsync, stoppingToken);
        await engineReturn.Settled;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReconcileAsync(cancellationToken);
        }
        finally
        {
            if (reconciler.HasRun && options.CleanupEnabled && lease.IsHeld)
                await periodic.TryAsync(BackgroundMetrics.Collect, () => CollectAsync(cancellationToken));
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        if (!lease.IsHeld)
            await lease.RenewAsync(cancellationToken);
        await audit.SweepAsync(AuditEvents.SystemReconcile, () => reconciler.RunAsync(dryRun: false, cancellationToken));
        engineReturn.Check(cancellationToken);
        await periodic.TryAsync(BackgroundMetrics.CountUserIds, () => uids.CountAsync(cancellationToken));
    }

    private Task CollectAsync(CancellationToken cancellationToken) =>
        audit.SweepAsync(AuditEvents.SystemGc, () => janitor.RunAsync(dryRun: false, cancellationToken));
}
