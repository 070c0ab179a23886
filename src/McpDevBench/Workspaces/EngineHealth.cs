using McpDevBench.Engine;
using McpDevBench.Observability.Health;

namespace McpDevBench.Workspaces;

/// <summary>Registers the health checks of the engine and its disk, and of the reconciliation with it.</summary>
internal sealed class EngineHealth(
    DockerEngine engine, EngineDisk engineDisk, DiskWatch disk, Reconciler reconciler, EngineChecks engineChecks, HealthChecks checks)
    : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        checks.Register("docker", neededToServe: true, async token =>
        {
            await engine.PingAsync(token);
            return new Health(true, "Docker answers.");
        });
        checks.Register(
            "reconciliation", neededToServe: true, _ => Task.FromResult(new Health(reconciler.HasRun, reconciler.Describe())));
        checks.Register("docker_disk", neededToServe: true, _ => Task.FromResult(engineDisk.Describe()));
        checks.Register("disk", neededToServe: false, _ => Task.FromResult(disk.Describe()));
        engineChecks.CheckSettings();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
