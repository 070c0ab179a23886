using McpDevBench.Agents;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>The containers of workspaces: started, greeted, reconnected, stopped and removed.</summary>
internal sealed class WorkspaceContainers(
    WorkspaceOptions options, Ownership ownership, AgentVolume agentVolume, AgentTransports transports, AgentDirectory agents,
    EngineContainers engine)
{
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The name of a workspace's container.</summary>
    public static string NameOf(WorkspaceId id) => $"mcp-devbench-{id}";

    /// <returns>The stream to its agent, for <see cref="GreetAsync"/>.</returns>
    public Task<EngineStream> StartAsync(Workspace workspace, CancellationToken cancellationToken) =>
        transports.To(workspace.Container!).StartAsync(cancellationToken);

    /// <summary>Checks from inside that the container is what was asked for, and keeps the connection to its agent.</summary>
    public async Task GreetAsync(Workspace workspace, EngineStream stream, CancellationToken cancellationToken)
    {
        var container = workspace.Container!;
        await agents.OpenAsync(container, ownership.AgentSecret(workspace.Id), stream, cancellationToken);
        await agents.RequireMountsAsync(
            container,
            [
                (ContainerSpec.AgentFolder, agentVolume.Name), (ContainerSpec.WorkspacePath, workspace.VolumeName),
                (ContainerSpec.HomePath, HomeVolume.NameOf(workspace.VolumeName)),
            ],
            cancellationToken);
        await agents.RequireUserAsync(container, workspace.Uid, cancellationToken);
    }

    /// <summary>What a workspace has of files that were kept.</summary>
    public async Task<RestoredFiles> CountFilesAsync(Workspace workspace, CancellationToken cancellationToken) => new(
        await agents.CountFilesAsync(workspace.Container!, cancellationToken),
        await agents.CountEntriesAsync(workspace.Container!, ContainerSpec.HomePath, CountTimeout));

    /// <summary>Whether the engine runs its container now.</summary>
    public async Task<bool> IsUpAsync(Workspace workspace, CancellationToken cancellationToken) =>
        workspace.Container is { } container && (await engine.StateAsync(container, cancellationToken)).IsUp();

    /// <summary>Whether there is a connection to its agent, or the server is connecting.</summary>
    public bool IsKnown(Workspace workspace) => workspace.Container is { } container && agents.TryGet(container) is not null;

    /// <summary>Connects to the agent of a container that runs, in the background.</summary>
    public void Reconnect(Workspace workspace) => agents.Resume(workspace.Container!, ownership.AgentSecret(workspace.Id));

    /// <summary>Waits until its agent answers.</summary>
    /// <exception cref="RequestException">workspace_lost.</exception>
    public Task CheckAsync(Workspace workspace, CancellationToken cancellationToken) =>
        agents.CheckAsync(workspace.Container!, cancellationToken);

    /// <summary>Asks its processes to end, and ends them when the grace is over.</summary>
    public Task StopAsync(Workspace workspace, CancellationToken cancellationToken) => workspace.Container is { } container
        ? engine.StopAsync(container, options.StopGrace, cancellationToken)
        : Task.CompletedTask;

    /// <summary>Its container is gone: ends its execs.</summary>
    public Task LoseAsync(Workspace workspace) =>
        workspace.Container is { } container ? agents.LoseAsync(container) : Task.CompletedTask;

    /// <summary>Removes its container, by its name where the id was never written down, and ends its execs.</summary>
    public async Task RemoveAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (workspace.Container is not { } container)
        {
            await engine.RemoveNamedAsync(NameOf(workspace.Id), cancellationToken);
            return;
        }
        await engine.RemoveAsync(container, cancellationToken);
        await agents.LoseAsync(container);
    }

    /// <summary>As <see cref="RemoveAsync"/>, and one that a crash left: created, and its id not written down.</summary>
    public async Task RemoveAllAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (workspace.Container is not null)
            await RemoveAsync(workspace, cancellationToken);
        await engine.RemoveNamedAsync(NameOf(workspace.Id), cancellationToken);
    }
}
