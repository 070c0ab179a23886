using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Removes ended execs and their output when their retention is over.</summary>
internal sealed class ExecJanitor(
    ExecOptions options, WorkspaceOptions cleanup, LeaseRenewal lease, ExecStore store, OutputFolder folder, PeriodicRunner periodic,
    TimeProvider time) : BackgroundService
{
    private readonly PeriodicTask _task = new(BackgroundMetrics.ForgetExecs, cleanup.CleanupInterval)
    {
        FirstRetryInterval = cleanup.CleanupInterval,
    };

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => periodic.RunAsync(_task, RunAsync, stoppingToken);

    private Task RunAsync(CancellationToken cancellationToken)
    {
        if (cleanup.CleanupEnabled && lease.IsHeld)
        {
            foreach (var id in store.EndedBefore(time.GetUtcNow() - options.Retention))
            {
                folder.Delete(id);
                store.Delete(id);
            }
        }
        return Task.CompletedTask;
    }
}
