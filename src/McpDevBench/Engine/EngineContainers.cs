using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Engine;

/// <summary>A container as a listing shows it.</summary>
/// <param name="Name">Unique on the engine at each time.</param>
internal sealed record EngineContainer(
    ContainerId Id, string Name, ContainerState State, DateTimeOffset CreatedAt, string ImageId, IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<string> Volumes);

/// <summary>What only an inspect of a container shows.</summary>
/// <param name="WorkspaceVolume">The volume at /workspace; null without one.</param>
/// <param name="Uid">The user of its programs.</param>
/// <param name="Processors">Those that it may use, in Docker's notation; empty for all.</param>
internal sealed record EngineContainerDetails(
    string Network, long MemoryBytes, double Cpus, string Processors, long Pids, string? WorkspaceVolume, int Uid);

/// <param name="Unpinned">Why it has not the processors that were asked for; null if it has.</param>
internal sealed record CreatedContainer(ContainerId Id, string? Unpinned);

/// <summary>Creating, starting, killing and finding containers.</summary>
internal sealed partial class EngineContainers(DockerEngine engine, TimeProvider time, ILogger<EngineContainers> logger)
{
    /// <summary>Docker itself gives up after 10 s.</summary>
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RemovalRetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Creates a container and makes sure that it is what was asked for, except for processors that the engine refuses.</summary>
    /// <exception cref="RequestException">The engine dropped or changed a flag: the container is gone again.</exception>
    public async Task<CreatedContainer> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return new CreatedContainer(await CreateExactlyAsync(spec, cancellationToken), null);
        }
        catch (RequestException e) when (spec.Processors is not null && e.Code == ErrorCode.ServerError
            && e.InnerException is null or DockerApiException { StatusCode: HttpStatusCode.BadRequest })
        {
            // Engines say in different words that they have no such processors. If it works without them, it was that.
            return new CreatedContainer(await CreateExactlyAsync(spec with { Processors = null }, cancellationToken), e.Message);
        }
    }

    private async Task<ContainerId> CreateExactlyAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        CreateContainerResponse created;
        try
        {
            created = await engine.CallAsync(
                "create", (client, token) => client.Containers.CreateContainerAsync(spec.ToParameters(), token), cancellationToken);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw ImageMissing(e);
        }
        catch (DockerApiException e)
        {
            throw new RequestException(
                ErrorCode.ServerError, $"Docker would not create the container: {DockerEngine.Text(e)}",
                "Try another image or other limits; if it stays so, ask the operator to look at Docker.", inner: e);
        }
        var id = new ContainerId(created.ID);
        try
        {
            var actual = await engine.CallAsync(
                "inspect", (client, token) => client.Containers.InspectContainerAsync(id.Value, token), cancellationToken);
            var differences = (created.Warnings ?? []).Concat(spec.Differences(actual)).ToList();
            if (differences.Count == 0)
                return id;
            var text = string.Join("; ", differences);
            LogNotAsAsked(logger, id, text);
            throw new RequestException(
                ErrorCode.ServerError, $"Docker did not create the container as asked ({text}), so it was removed.",
                "This host cannot enforce the limits of a workspace; ask the operator to look at Docker's configuration.");
        }
        catch
        {
            await RemoveAsync(id, CancellationToken.None);
            throw;
        }
    }

    public async Task StartAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync(
                "start",
                (client, token) => client.Containers.StartContainerAsync(container.Value, new ContainerStartParameters(), token),
                cancellationToken);
        }
        catch (DockerApiException e)
        {
            throw new RequestException(
                ErrorCode.ServerError, $"Docker would not start the container: {DockerEngine.Text(e)}",
                "Try another image; if it stays so, ask the operator to look at Docker.", inner: e);
        }
    }

    /// <summary>Asks process 1 to end, and ends it when the grace is over. One that is not running, or gone, is fine.</summary>
    public Task StopAsync(ContainerId container, TimeSpan grace, CancellationToken cancellationToken)
    {
        var parameters = new ContainerStopParameters { WaitBeforeKillSeconds = (uint)grace.TotalSeconds };
        return IgnoreIfNotRunning(engine.CallAsync(
            "stop", (client, token) => client.Containers.StopContainerAsync(container.Value, parameters, token), cancellationToken));
    }

    /// <summary>As <see cref="RemoveAsync"/>, by the name that the container was created with.</summary>
    public Task RemoveNamedAsync(string name, CancellationToken cancellationToken) =>
        RemoveAsync(new ContainerId(name), cancellationToken);

    /// <summary>
    /// Removes a container with its anonymous volumes, running or not, and returns once Docker no longer has it. One that is gone is fine.
    /// </summary>
    /// <exception cref="RequestException">timeout: the container's processes have not ended within <see
    /// cref="RemovalTimeout"/>.</exception>
    public async Task RemoveAsync(ContainerId container, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await LiftCpuLimitAsync(container, cancellationToken);
        while (await TryRemoveAsync(container, cancellationToken) is { } reason)
        {
            if (time.GetElapsedTime(started) > RemovalTimeout)
                throw new RequestException(
                    ErrorCode.Timeout, $"Docker could not end the container's processes within {RemovalTimeout.TotalSeconds:0} s: {reason}",
                    "The server keeps trying. If the container stays, ask the operator to look at Docker.", retryable: true);
            await Task.Delay(RemovalRetryInterval, time, cancellationToken);
        }
    }

    /// <summary>Every container, running or not, with a label.</summary>
    public async Task<IReadOnlyList<EngineContainer>> ListAsync(string label, CancellationToken cancellationToken)
    {
        var found = await engine.CallAsync("list", (client, token) => client.Containers.ListContainersAsync(new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        }, token), cancellationToken);
        return [.. found.Select(Read)];
    }

    private static EngineContainer Read(ContainerListResponse container) => new(
        new ContainerId(container.ID), container.Names?.FirstOrDefault(name => name.LastIndexOf('/') == 0)?[1..] ?? "",
        ContainerStates.Parse(container.State), new DateTimeOffset(DateTime.SpecifyKind(container.Created, DateTimeKind.Utc)),
        container.ImageID, new Dictionary<string, string>(container.Labels ?? new Dictionary<string, string>()),
        [.. (container.Mounts ?? []).Where(mount => mount.Type == "volume").Select(mount => mount.Name ?? "")]);

    /// <summary>Null if there is no such container.</summary>
    public async Task<EngineContainerDetails?> InspectAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            var actual = await engine.CallAsync(
                "inspect", (client, token) => client.Containers.InspectContainerAsync(container.Value, token), cancellationToken);
            var host = actual.HostConfig ?? new HostConfig();
            return new EngineContainerDetails(
                host.NetworkMode ?? "none", host.Memory, host.NanoCPUs / 1e9, host.CpusetCpus ?? "", host.PidsLimit ?? 0,
                (actual.Mounts ?? []).FirstOrDefault(
                    mount => mount.Type == "volume" && mount.Destination == ContainerSpec.WorkspacePath)?.Name,
                WorkspaceUser.Of(actual.Config?.Cmd));
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<ContainerState> StateAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            var actual = await engine.CallAsync(
                "inspect", (client, token) => client.Containers.InspectContainerAsync(container.Value, token), cancellationToken);
            return ContainerStates.Parse(actual.State?.Status);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return ContainerState.Missing;
        }
    }

    internal static RequestException ImageMissing(DockerApiException e) => new(
        ErrorCode.ImageNotFound, $"Docker does not have the image: {DockerEngine.Text(e)}", "Call spawn again: the image is then pulled.",
        retryable: true, e);

    /// <returns>Null once the container is gone; else why it is not.</returns>
    private async Task<string?> TryRemoveAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync("remove", (client, token) => client.Containers.RemoveContainerAsync(
                container.Value, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, token), cancellationToken);
            return null;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        // Conflict: another removal of it is under way. 5xx: its processes did not end within Docker's own deadline.
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.Conflict or >= HttpStatusCode.InternalServerError)
        {
            return DockerEngine.Text(e);
        }
    }

    private static async Task IgnoreIfNotRunning(Task call)
    {
        try
        {
            await call;
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.NotModified)
        {
            // Gone, or not running: what was wanted holds.
        }
    }

    [LoggerMessage(LogLevel.Debug, "CPU limit of a container not changed")]
    private static partial void LogLimitNotChanged(ILogger logger, ContainerId dockerId, double cpus, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Warning, "Container could not be unpaused")]
    private static partial void LogNotUnpaused(ILogger logger, ContainerId dockerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Error, "Docker did not create a container as asked")]
    private static partial void LogNotAsAsked(ILogger logger, ContainerId dockerId, [Untrusted] string differences);
}
