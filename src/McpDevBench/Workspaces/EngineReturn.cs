using McpDevBench.Engine;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// After the engine has been connected to, at start or again, checks it and resumes the persistent workspaces: it may have been restarted,
/// or the whole host.
/// </summary>
internal sealed class EngineReturn(DockerEngine engine, EngineChecks checks, WorkspaceResumer resumer, PeriodicRunner periodic)
{
    private int _connections;

    /// <summary>Completes when the last resume has ended.</summary>
    public Task Settled { get; private set; } = Task.CompletedTask;

    /// <summary>After each reconciliation. The resume goes on in the background, one at a time.</summary>
    public void Check(CancellationToken cancellationToken)
    {
        if (engine.Connections == _connections || !Settled.IsCompleted)
            return;
        _connections = engine.Connections;
        _ = periodic.TryAsync(BackgroundMetrics.CheckEngine, () => checks.CheckEngineAsync(cancellationToken));
        Settled = periodic.TryAsync(BackgroundMetrics.Resume, () => resumer.ResumePersistentAsync(cancellationToken));
    }
}
