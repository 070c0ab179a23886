using McpDevBench.Agents;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>A container that has just been created, and the environment of its commands.</summary>
internal sealed record NewContainer(ContainerId Container, Dictionary<string, string> Environment);

/// <summary>Creates a workspace's container, on volumes that are there, and repairs what keeps one from starting.</summary>
internal sealed partial class ContainerFactory(
    WorkspaceSpec spec, WorkspaceImages images, ProcessorPlacement placement, VolumePool pool, AgentVolume agentVolume,
    EngineContainers engine, WorkspaceContainers containers, ILogger<ContainerFactory> logger)
{
    private const int MaxAttempts = 3;

    public async Task<NewContainer> CreateAsync(
        Workspace workspace, EngineImage image, bool isVolumeNew, CancellationToken cancellationToken)
    {
        ImageCheck.RequireModest(image);
        await agentVolume.EnsureAsync(spec.NeedsOf(image), cancellationToken);
        if (isVolumeNew && workspace.Persistent)
            await pool.MakeAsync(image.Id, workspace, cancellationToken);
        else if (!isVolumeNew)
            await pool.EnsureHomeAsync(image.Id, workspace.VolumeName, workspace.Uid, cancellationToken);
        return await CreateOnOurVolumesAsync(workspace, image, isVolumeNew, cancellationToken);
    }

    /// <summary>Looks for the cause of a failed start, and removes it together with the container.</summary>
    /// <param name="isRepeated">It was repaired once already.</param>
    /// <returns>False: trying again would not help.</returns>
    public async Task<bool> TryRepairAsync(
        Workspace workspace, RequestException failure, bool isRepeated, CancellationToken cancellationToken)
    {
        if (!isRepeated && placement.IsReason(workspace.Id, failure))
        {
            placement.Disable(workspace.Id, failure.Message);
            await containers.RemoveAllAsync(workspace, CancellationToken.None);
            return true;
        }
        // The volume with the agent may have been emptied by hand: the next spawn looks, and fills it again.
        agentVolume.Invalidate();
        if (isRepeated || await agentVolume.ExistsAsync(cancellationToken))
            return false;
        // Or removed: Docker has made an empty one in its place.
        await containers.RemoveAllAsync(workspace, CancellationToken.None);
        await agentVolume.RemoveAsync(cancellationToken);
        return true;
    }

    /// <summary>Volumes that wait for a workspace are unused, and <c>docker volume prune</c> removes them.</summary>
    private async Task<NewContainer> CreateOnOurVolumesAsync(
        Workspace workspace, EngineImage image, bool isVolumeNew, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var created = await CreateFromImageAsync(workspace, image, cancellationToken);
            if (await pool.LostAsync(workspace.VolumeName, cancellationToken) is not { Count: > 0 } lost)
                return created;
            LogVolumesLost(logger, workspace.Id, string.Join(' ', lost));
            await engine.RemoveAsync(created.Container, cancellationToken);
            if (attempt == MaxAttempts || (!isVolumeNew && lost.Contains(workspace.VolumeName)))
                throw new RequestException(
                    ErrorCode.WorkspaceLost,
                    $"The volumes of workspace {workspace.Id} were removed from the Docker host while it was created.",
                    "Call spawn again; if it stays so, ask the operator what removes volumes there (docker volume prune).",
                    retryable: true);
            await pool.RemakeAsync(image.Id, workspace, lost, cancellationToken);
        }
    }

    private async Task<NewContainer> CreateFromImageAsync(Workspace workspace, EngineImage image, CancellationToken cancellationToken)
    {
        try
        {
            return await CreateOnceAsync(workspace, image, cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ImageNotFound)
        {
            // The prepared image has no name, so that a prune of the operator's removes it.
            await images.InvalidateAsync(image, cancellationToken);
            return await CreateOnceAsync(workspace, image, cancellationToken);
        }
    }

    private async Task<NewContainer> CreateOnceAsync(Workspace workspace, EngineImage image, CancellationToken cancellationToken)
    {
        var prepared = await images.GetAsync(image, cancellationToken);
        var hostProcessors = await engine.ProcessorsAsync(cancellationToken);
        var wanted = spec.Of(workspace, image, prepared, placement.Choose(workspace, hostProcessors));
        // Docker refuses a limit above what the host has.
        var created = await engine.CreateAsync(wanted with { Cpus = Math.Min(wanted.Cpus, hostProcessors) }, cancellationToken);
        if (created.Unpinned is { } reason)
            placement.Disable(workspace.Id, reason);
        return new NewContainer(created.Id, spec.EnvironmentOf(workspace, image, prepared));
    }

    [LoggerMessage(LogLevel.Warning, "Volumes of a workspace were removed past the server; they are made anew")]
    private static partial void LogVolumesLost(ILogger logger, WorkspaceId containerId, string volumeNames);
}
