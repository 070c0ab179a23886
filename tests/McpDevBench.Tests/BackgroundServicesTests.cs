using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Observability.Health;
using McpDevBench.Storage;
using McpDevBench.Tests.Observability.Traces;
using McpDevBench.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace McpDevBench.Tests;

/// <summary>The host starts the services in the order of their registration and stops them in the opposite one.</summary>
[Collection(Listening.Name)]
public sealed class BackgroundServicesTests
{
    private static readonly Type[] _order =
    [
        typeof(Drain),
        // Records the start first and the stop last.
        typeof(AuditMaintenance),
        typeof(StateMaintenance),
        // Before an agent is connected to, which the sweeps do.
        typeof(ExecRecovery),
        typeof(EngineHealth),
        typeof(AgentHealth),
        typeof(WorkspaceCounts),
        // Empties and releases what the sweeps and the renewal use, once these have stopped.
        typeof(WorkspaceShutdown),
        typeof(LeaseRenewal),
        typeof(WorkspaceSweeps),
        typeof(ExecJanitor),
        typeof(OutputRetention),
        // After every check has been registered.
        typeof(HealthChecks),
        typeof(StartState),
        typeof(UsageSampler),
        typeof(DiskWatch),
    ];

    [Fact]
    public void Services_start_and_stop_in_a_fixed_order()
    {
        using var server = TestServer.Whole();
        var services = server.Services.GetServices<IHostedService>().Select(service => service.GetType()).Where(_order.Contains);
        Assert.Equal(_order, services);
        var host = server.Services.GetRequiredService<IOptions<HostOptions>>().Value;
        Assert.False(host.ServicesStartConcurrently || host.ServicesStopConcurrently);
    }
}
