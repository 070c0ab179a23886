using McpDevBench.Agents;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>Registers the health check of the agents: whether each running workspace answers.</summary>
internal sealed class AgentHealth(WorkspaceDirectory workspaces, AgentDirectory agents, HealthChecks checks, MetricCatalogue metrics)
    : IHostedService
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.BeforeCollect(() => metrics.Agents.Counted(agents.Connected));
        checks.Register("agents", neededToServe: false, _ => CheckAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Asks the workspaces that should have a connection: before reconciliation, the server has not tried to connect to any. A connection
    /// alone proves nothing: a paused container keeps it.
    /// </summary>
    private async Task<Health> CheckAsync()
    {
        var running = workspaces.All.Where(workspace => workspace.Status == WorkspaceStatus.Running).ToList();
        var answers = await Task.WhenAll(
            running.Select(async workspace => workspace.Container is { } id && await agents.AnswersAsync(id, Timeout)));
        var silent = answers.Count(answered => !answered);
        var sentence = $"{running.Count - silent} of {Plural.Of(running.Count, "running workspace")} "
            + $"{(running.Count == 1 ? "is" : "are")} connected.";
        return silent == 0
            ? new Health(true, sentence)
            : new Health(false, $"{sentence} {Plural.Of(silent, "workspace does", "workspaces do")} not answer: "
                + "docker ps --filter status=paused shows whether a container is paused.");
    }
}
