using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Storage;

/// <summary>Checks the database and its disk: for the readiness probe, and the disk every second.</summary>
internal sealed class StateMaintenance(Database database, StateDisk disk, HealthChecks checks, PeriodicRunner periodic) : BackgroundService
{
    private static readonly PeriodicTask _task = new(BackgroundMetrics.StateDisk, TimeSpan.FromSeconds(1)) { RunsWhileDraining = true };

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        checks.Register("database", neededToServe: true, _ =>
        {
            database.Probe();
            return Task.FromResult(new Health(true, "The database takes writes."));
        });
        checks.Register("state_disk", neededToServe: true, _ => Task.FromResult(disk.Describe()));
        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => periodic.RunAsync(_task, CheckAsync, stoppingToken);

    private Task CheckAsync(CancellationToken cancellationToken)
    {
        disk.Check();
        return Task.CompletedTask;
    }
}
