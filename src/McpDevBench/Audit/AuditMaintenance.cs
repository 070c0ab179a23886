using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Audit;

/// <summary>
/// Records the start and the stop of the server, and removes records whose retention has ended. Started before the rooms that record, and
/// so stopped after them.
/// </summary>
internal sealed class AuditMaintenance(
    AuditLog audit, HealthChecks checks, PeriodicRunner periodic, TimeProvider time, TimeSpan interval) : BackgroundService
{
    private readonly PeriodicTask _task = new(BackgroundMetrics.PruneAudit, interval) { FirstRetryInterval = interval };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        checks.Register("audit", audit.IsNeeded, _ => audit.CheckAsync());
        await audit.TryRecordAsync(AuditEntry.OfServer(AuditEvents.SystemStart, BuildInfo.Version, time.GetUtcNow()));
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await audit.TryRecordAsync(AuditEntry.OfServer(AuditEvents.SystemStop, BuildInfo.Version, time.GetUtcNow()));
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => periodic.RunAsync(_task, _ => PruneAsync(), stoppingToken);

    private async Task PruneAsync()
    {
        if (audit.Prune() is > 0 and var removed)
            await audit.TryRecordAsync(AuditEntry.OfServer(AuditEvents.SystemGc, $"audit_records_removed={removed}", time.GetUtcNow()));
    }
}
