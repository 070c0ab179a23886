using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>Renews the state's lease while the server runs, and stops the server when another one has taken it.</summary>
internal sealed class LeaseRenewal(
    StateLease lease, HealthChecks checks, MetricCatalogue metrics, PeriodicRunner periodic, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    private static readonly PeriodicTask _task = new(BackgroundMetrics.StateLease, StateLease.RenewInterval) { RunsWhileDraining = true };

    /// <summary>Why this server ended itself; null if it did not.</summary>
    public RequestException? Failure { get; private set; }

    public bool IsHeld => lease.IsHeld;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.BeforeCollect(() => metrics.Storage.LeaseHeld(lease.IsHeld));
        checks.Register("state_lease", neededToServe: false, _ => Task.FromResult(new Health(
            lease.IsHeld, lease.IsHeld ? "This server owns the state." : "The lease on the state has not been taken yet.")));
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Takes or renews the lease. Without it the server must do nothing more: another one has the workspaces.</summary>
    /// <exception cref="RequestException">conflict: another server holds it, and this one stops; or Docker does not answer.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await lease.RenewAsync(cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.Conflict)
        {
            Failure = e;
            lifetime.StopApplication();
            throw;
        }
    }

    public Task ReleaseAsync(CancellationToken cancellationToken) => lease.ReleaseAsync(cancellationToken);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => periodic.RunAsync(_task, RenewAsync, stoppingToken);
}
