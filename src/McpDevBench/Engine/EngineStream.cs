using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>Bytes to and from a process in a container, over a connection of its own to the engine.</summary>
internal sealed class EngineStream(MultiplexedStream inner) : IDisposable
{
    /// <returns>Bytes read; 0 at the end.</returns>
    public async ValueTask<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await inner.ReadOutputAsync(buffer, offset, count, cancellationToken);
            // The agent writes nothing to stderr; what a dying process says there is none of the protocol.
            if (read.EOF || read.Target == MultiplexedStream.TargetStream.StandardOut)
                return read.Count;
        }
    }

    public Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer, offset, count, cancellationToken);

    public void Dispose() => inner.Dispose();
}

/// <summary>The two ways to a container's agent.</summary>
internal sealed class EngineStreams(DockerEngine engine)
{
    /// <summary>To the standard streams of the container's process 1, running or not yet started.</summary>
    public async Task<EngineStream> AttachAsync(string dockerId, CancellationToken cancellationToken) => new(await LostIfGone(
        engine.CallAsync("attach", (client, token) => client.Containers.AttachContainerAsync(dockerId, new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = false }, token), cancellationToken)));

    /// <summary>To a fresh process in the container: the agent's bridge.</summary>
    public async Task<EngineStream> BridgeAsync(string dockerId, CancellationToken cancellationToken)
    {
        var container = await LostIfGone(engine.CallAsync(
            "inspect", (client, token) => client.Containers.InspectContainerAsync(dockerId, token), cancellationToken));
        var created = await LostIfGone(engine.CallAsync("exec_create", (client, token) => client.Exec.CreateContainerExecAsync(dockerId, new ContainerExecCreateParameters
        {
            // Where the server had it that created the container.
            Cmd = [container.Path ?? ContainerSpec.AgentPath, "bridge"],
            User = WorkspaceUser.OfBridge(container.Config?.User, container.Config?.Cmd),
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = false,
        }, token), cancellationToken));
        return new EngineStream(await LostIfGone(engine.CallAsync("exec_start", (client, token) => client.Exec.StartContainerExecAsync(created.ID, new ContainerExecStartParameters(), token), cancellationToken)));
    }

    private static async Task<T> LostIfGone<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            throw new RequestException(ErrorCode.WorkspaceLost, $"The workspace's container is not running: {DockerEngine.Text(e)}", "Its processes are gone. Call spawn for a new workspace (with the same alias, a persistent one gets its files back).", inner: e);
        }
    }
}
