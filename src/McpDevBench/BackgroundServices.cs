using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Observability.Health;
using McpDevBench.Storage;
using McpDevBench.Workspaces;

namespace McpDevBench;

/// <summary>The background services of all rooms: started in this order, stopped in the opposite one.</summary>
internal static class BackgroundServices
{
    public static void AddBackground(this IServiceCollection services, DevBenchOptions options)
    {
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<AuditMaintenance>(
            provider, options.Containers.CleanupInterval));
        services.AddHostedService<StateMaintenance>();
        services.AddHostedService<ExecRecovery>();
        services.AddHostedService<EngineHealth>();
        services.AddHostedService<AgentHealth>();
        services.AddHostedService<WorkspaceCounts>();
        services.AddHostedService<WorkspaceShutdown>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaseRenewal>());
        services.AddHostedService<WorkspaceSweeps>();
        services.AddHostedService<ExecJanitor>();
        services.AddHostedService<OutputRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<HealthChecks>());
        services.AddHostedService(provider => provider.GetRequiredService<StartState>());
        services.AddHostedService<UsageSampler>();
        services.AddHostedService(provider => provider.GetRequiredService<DiskWatch>());
    }
}
