using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>The CPU limit of a container that runs: lifted so that its processes can end, and set again.</summary>
internal sealed partial class EngineContainers
{
    /// <summary>The number of processors of the Docker host.</summary>
    public async Task<int> ProcessorsAsync(CancellationToken cancellationToken) =>
        (await engine.IdentifyAsync(cancellationToken)).Processors;

    /// <summary>
    /// Processes have to run once more to end: with a small share of a processor among hundreds of them, that takes minutes. Only possible
    /// before process 1 has been killed.
    /// </summary>
    /// <returns>False: Docker would not, mostly because the container is gone or does not run.</returns>
    public async Task<bool> LiftCpuLimitAsync(ContainerId container, CancellationToken cancellationToken) =>
        await SetCpuLimitAsync(container, double.MaxValue, cancellationToken);

    /// <param name="cpus">More than the host has is all that it has.</param>
    /// <returns>False: Docker would not, mostly because the container is gone.</returns>
    public async Task<bool> SetCpuLimitAsync(ContainerId container, double cpus, CancellationToken cancellationToken)
    {
        cpus = Math.Min(cpus, await ProcessorsAsync(cancellationToken));
        try
        {
            await engine.CallAsync("update", (client, token) => client.Containers.UpdateContainerAsync(
                container.Value, new ContainerUpdateParameters { NanoCPUs = ContainerSpec.NanoCpusOf(cpus) }, token), cancellationToken);
            return true;
        }
        catch (DockerApiException e)
        {
            LogLimitNotChanged(logger, container, cpus, DockerEngine.Text(e));
            return false;
        }
    }
}
