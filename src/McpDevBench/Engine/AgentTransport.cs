using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>A way to the agent of a running container.</summary>
/// <param name="Timeout">What the agent may take to answer on it.</param>
internal sealed record TransportWay(Func<CancellationToken, Task<EngineStream>> OpenAsync, TimeSpan Timeout);

/// <summary>The streams to the agent of one container, and what the engine knows of the container.</summary>
internal sealed class AgentTransport(DockerEngine engine, EngineContainers containers, ContainerId container)
{
    public ContainerId Container => container;

    /// <summary>
    /// How to reconnect, the preferred way first: to the agent's own streams, or else through a fresh process beside it.
    /// </summary>
    public IReadOnlyList<TransportWay> Ways =>
        [new(AttachAsync, TimeSpan.FromSeconds(3)), new(BridgeAsync, TimeSpan.FromSeconds(10))];

    public Task<ContainerState> StateAsync(CancellationToken cancellationToken) => containers.StateAsync(container, cancellationToken);

    /// <summary>Starts the container. The stream is attached first, so that nothing else can have spoken to the agent.</summary>
    public async Task<EngineStream> StartAsync(CancellationToken cancellationToken)
    {
        var stream = await AttachAsync(cancellationToken);
        try
        {
            await containers.StartAsync(container, cancellationToken);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private async Task<EngineStream> AttachAsync(CancellationToken cancellationToken)
    {
        var parameters = new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = false };
        return new EngineStream(await LostIfGone(engine.CallAsync(
            "attach", (client, token) => client.Containers.AttachContainerAsync(container.Value, parameters, token), cancellationToken)));
    }

    private async Task<EngineStream> BridgeAsync(CancellationToken cancellationToken)
    {
        var found = await LostIfGone(engine.CallAsync(
            "inspect", (client, token) => client.Containers.InspectContainerAsync(container.Value, token), cancellationToken));
        var parameters = new ContainerExecCreateParameters
        {
            // Where the server had it that created the container.
            Cmd = [found.Path ?? ContainerSpec.AgentPath, "bridge"],
            User = WorkspaceUser.OfBridge(found.Config?.User, found.Config?.Cmd),
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = false,
        };
        var created = await LostIfGone(engine.CallAsync(
            "exec_create", (client, token) => client.Exec.CreateContainerExecAsync(container.Value, parameters, token), cancellationToken));
        return new EngineStream(await LostIfGone(engine.CallAsync(
            "exec_start", (client, token) => client.Exec.StartContainerExecAsync(created.ID, new ContainerExecStartParameters(), token),
            cancellationToken)));
    }

    private static async Task<T> LostIfGone<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            throw new RequestException(
                ErrorCode.WorkspaceLost, $"The workspace's container is not running: {DockerEngine.Text(e)}",
                "Its processes are gone. "
                    + "Call spawn for a new workspace (with the same alias, a persistent one gets its files back).", inner: e);
        }
    }
}

/// <summary>The transports to containers.</summary>
internal sealed class AgentTransports(DockerEngine engine, EngineContainers containers)
{
    public AgentTransport To(ContainerId container) => new(engine, containers, container);
}
