using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>Suspending containers, and ending those that do not listen.</summary>
internal sealed partial class EngineContainers
{
    /// <summary>Suspends every process of a container.</summary>
    /// <returns>False: it is suspended already, or does not run.</returns>
    public async Task<bool> PauseAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync(
                "pause", (client, token) => client.Containers.PauseContainerAsync(container.Value, token), cancellationToken);
            return true;
        }
        catch (DockerApiException)
        {
            // Also where the kernel cannot suspend it: it is as it was.
            return false;
        }
    }

    /// <summary>Lets them go on. One that is not suspended, or gone, is fine.</summary>
    public async Task UnpauseAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync(
                "unpause", (client, token) => client.Containers.UnpauseContainerAsync(container.Value, token), cancellationToken);
        }
        catch (DockerApiException e)
        {
            LogNotUnpaused(logger, container, DockerEngine.Text(e));
        }
    }

    /// <summary>
    /// Ends a container whose processes do not listen: none of them runs any more from the moment at which it is suspended. One that is not
    /// running, or gone, is fine.
    /// </summary>
    public async Task KillAsync(ContainerId container, CancellationToken cancellationToken)
    {
        await PauseAsync(container, cancellationToken);
        await LiftCpuLimitAsync(container, cancellationToken);
        // Docker lets it go on once the signal is there.
        await IgnoreIfNotRunning(engine.CallAsync("kill", (client, token) => client.Containers.KillContainerAsync(
            container.Value, new ContainerKillParameters { Signal = "KILL" }, token), cancellationToken));
    }
}
