using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>What clients do with a workspace beside spawning and killing it: find it, and attach to it.</summary>
internal sealed class WorkspaceService(
    WorkspaceDirectory workspaces, WorkspaceStore store, WorkspaceRecovery recovery, MetricCatalogue metrics, TimeProvider time)
{
    /// <summary>Restored files are counted up to here.</summary>
    public const int MaxCountedFiles = AgentDirectory.MaxCounted;

    public async Task<Attached> AttachAsync(
        Caller caller, string target, string? clientName, string? sessionId, CancellationToken cancellationToken)
    {
        var workspace = await recovery.FindAnsweringAsync(caller, target, cancellationToken);
        store.Attach(workspace.Id, clientName, sessionId, time.GetUtcNow());
        workspaces.Attach(workspace, clientName, sessionId);
        return new Attached(workspace, store.RunningExecs().GetValueOrDefault(workspace.Id.ToString()));
    }

    /// <summary>By id or alias.</summary>
    /// <exception cref="RequestException">container_not_found, alike for unknown, foreign and expired handles.</exception>
    public Workspace Find(Caller caller, string target) => workspaces.Find(caller, target);

    /// <summary>For completions.</summary>
    public IReadOnlyList<string> Aliases(Caller caller) =>
        [.. workspaces.All.Where(workspace => workspace.Owner == caller.Name).Select(workspace => workspace.Alias).OfType<string>()
            .Order(StringComparer.Ordinal)];

    /// <summary>Sets the metrics of how many there are.</summary>
    public void CountContainers() => metrics.Containers.Counted(Count(WorkspaceStatus.Running), Count(WorkspaceStatus.Stopped));

    private int Count(WorkspaceStatus status) => workspaces.All.Count(workspace => workspace.Status == status);
}
