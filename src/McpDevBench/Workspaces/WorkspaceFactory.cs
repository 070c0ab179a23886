using System.Collections.Concurrent;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>Makes a workspace real on the Docker host, and unmakes it. Each step can be repeated, and undone after a crash between any two.</summary>
internal sealed partial class WorkspaceFactory(
    WorkspaceOptions options, WorkspaceDirectory workspaces, KeptFileStore keptFiles, Ownership ownership, AgentVolume agentVolume,
    WorkspaceImages images, ProcessorPlacement placement, AgentDirectory agents,
    EngineContainers containers, VolumePool pool, TimeProvider time, ILogger<WorkspaceFactory> logger)
{
    /// <summary>Begins the name of a persistent workspace's volume; its id follows.</summary>
    public const string PersistentPrefix = "mcpdevbench_persist_";

    private const int MaxAttempts = 3;

    private const string HomeLost =
        "The home directory's files are lost: its volume is no longer on the Docker host. The home directory begins empty.";

    private readonly ConcurrentDictionary<ContainerId, bool> _removing = [];
    private readonly string _seccompProfile = SeccompProfile.Build(options.AllowIoUring);

    /// <summary>Creates, starts and greets the container of a workspace whose row says it is being created.</summary>
    /// <param name="steps">At <see cref="SpawnPhase.Create"/>.</param>
    /// <returns>The workspace, running.</returns>
    public async Task<Workspace> BuildAsync(
        Workspace workspace, EngineImage image, bool freshVolume, SpawnSteps steps, Action<SpawnPhase> onPhase,
        CancellationToken cancellationToken, bool isRepeated = false)
    {
        onPhase(SpawnPhase.Create);
        ImageCheck.RequireModest(image);
        await agentVolume.EnsureAsync(image.Id, ownership.HelperLabels, cancellationToken);
        if (freshVolume && workspace.Persistent)
            await pool.MakeAsync(image.Id, workspace, cancellationToken);
        else if (!freshVolume)
            await pool.EnsureHomeAsync(image.Id, workspace.VolumeName, workspace.Uid, cancellationToken);
        var (dockerId, prepared) = await CreateOnOurVolumesAsync(workspace, image, freshVolume, cancellationToken);
        workspace = workspaces.Replace(workspace with
        {
            DockerId = dockerId,
            Digest = ImageReference.Parse(workspace.Image).DigestOf(image.Id, image.RepoDigests),
            ImageId = image.Id,
            Env = EnvironmentOf(workspace, image, prepared),
        });
        steps.Next(SpawnPhase.Start);
        onPhase(SpawnPhase.Start);
        try
        {
            await agents.OpenAsync(dockerId, ownership.AgentSecret(workspace.Id), async token =>
            {
                await containers.StartAsync(dockerId, token);
                steps.Next(SpawnPhase.Ready);
            }, cancellationToken);
            await agents.RequireMountsAsync(
                dockerId,
                [
                    (ContainerSpec.AgentFolder, agentVolume.Name), (ContainerSpec.WorkspacePath, workspace.VolumeName),
                    (ContainerSpec.HomePath, HomeVolume.NameOf(workspace.VolumeName)),
                ],
                cancellationToken);
            await agents.RequireUserAsync(dockerId, workspace.Uid, cancellationToken);
            steps.Done();
        }
        catch (RequestException e) when (!isRepeated && placement.IsReason(workspace.Id, e))
        {
            placement.Refuse(workspace.Id, e.Message);
            await RemoveContainerAsync(workspace, CancellationToken.None);
            return await BuildAsync(workspace, image, freshVolume, steps, onPhase, cancellationToken, isRepeated: true);
        }
        catch (RequestException)
        {
            // The volume with the agent may have been emptied by hand: the next spawn looks, and fills it again.
            agentVolume.Invalidate();
            if (isRepeated || await agentVolume.ExistsAsync(cancellationToken))
                throw;
            // Or removed: Docker has made an empty one in its place.
            await RemoveContainerAsync(workspace, CancellationToken.None);
            await agentVolume.RemoveAsync(cancellationToken);
            return await BuildAsync(workspace, image, freshVolume, steps, onPhase, cancellationToken, isRepeated: true);
        }
        onPhase(SpawnPhase.Ready);
        return workspaces.Replace(workspace with { Status = ContainerStatus.Running, LastUsedAt = time.GetUtcNow() });
    }

    /// <summary>Removes whatever container the workspace has, and ends its execs. The volume and the row stay.</summary>
    public async Task RemoveContainerAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (workspace.DockerId is { } dockerId)
        {
            await containers.RemoveAsync(dockerId, cancellationToken);
            await agents.LoseAsync(dockerId);
        }
        // By name as well: a crash may have come between Docker's creating it and our writing its id down.
        await containers.RemoveAsync(NameOf(workspace.Id), cancellationToken);
    }

    /// <summary>Removes the container, its volume unless it is to be kept, and the row: in this order, so that a crash in between leaves a row to go on from.</summary>
    /// <returns>Whether the volume is still there.</returns>
    /// <exception cref="RequestException">timeout: the processes have not ended yet. The workspace stays in removal.</exception>
    public async Task<bool> RemoveAsync(Workspace workspace, bool keepVolume, CancellationToken cancellationToken)
    {
        _removing[workspace.Id] = true;
        try
        {
            return await RemoveOnceAsync(workspace, keepVolume, cancellationToken);
        }
        finally
        {
            _removing.TryRemove(workspace.Id, out _);
        }
    }

    /// <summary>Whether a removal of the workspace is under way in this server.</summary>
    public bool IsRemoving(ContainerId id) => _removing.ContainsKey(id);

    private async Task<bool> RemoveOnceAsync(Workspace workspace, bool keepVolume, CancellationToken cancellationToken)
    {
        keepVolume = keepVolume && await pool.FindLeftAsync(workspace.VolumeName, cancellationToken) is { Files: true } or { Home: true };
        workspaces.BeginRemoval(workspace, keepVolume);
        // By name where its id was never written down.
        await containers.RemoveAsync(workspace.DockerId ?? NameOf(workspace.Id), cancellationToken);
        if (workspace.DockerId is { } dockerId)
            await agents.LoseAsync(dockerId);
        if (!keepVolume && !await pool.RemoveAsync(workspace.VolumeName, cancellationToken))
        {
            LogVolumeInUse(logger, workspace.VolumeName, workspace.Id);
            throw new RequestException(
                ErrorCode.Conflict, $"The volume of workspace {workspace.Id} is in use by a container that is not the workspace's.",
                "Ask the operator to remove that container; the server then removes the volume by itself.");
        }
        workspaces.Remove(workspace);
        LogRemoved(logger, workspace.Id, keepVolume);
        return keepVolume;
    }

    /// <summary>What is left of a spawn that did not get to its end. A volume that had been kept before is still kept.</summary>
    public async Task UndoAsync(Workspace workspace, bool freshVolume)
    {
        try
        {
            // By name as well: the crash may have come between Docker's creating it and our writing its id down.
            await containers.RemoveAsync(workspace.DockerId ?? NameOf(workspace.Id), CancellationToken.None);
            if (workspace.DockerId is { } dockerId)
                await agents.LoseAsync(dockerId);
            if (freshVolume)
                await pool.RemoveAsync(workspace.VolumeName, CancellationToken.None);
            workspaces.Remove(workspace);
        }
        catch (RequestException e)
        {
            // The reconciler finishes it when Docker is back.
            workspaces.BeginRemoval(workspace, keepVolume: !freshVolume);
            LogUndoPostponed(logger, workspace.Id, e.Message);
        }
    }

    /// <summary>
    /// Looks for the volumes of files that were kept under an alias. Docker would make an empty one without a word, which would pass for
    /// what was kept. Files of which nothing is left are forgotten.
    /// </summary>
    /// <returns>A sentence for the caller; null if nothing is lost.</returns>
    public async Task<string?> SettleLostAsync(Caller caller, string? alias, string imageId, CancellationToken cancellationToken)
    {
        if (alias is null || keptFiles.Find(caller, alias) is not { } kept || kept.Alias != alias)
            return null;
        var left = await pool.FindLeftAsync(kept.Volume, cancellationToken);
        if (left.Files)
            return left.Home ? null : HomeLost;
        LogKeptLost(logger, kept.Volume, kept.Alias);
        if (left.Home)
        {
            await pool.RemakeAsync(imageId, kept, cancellationToken);
            return $"The files that were kept in /workspace as '{alias}' are lost: their volume {kept.Volume} is no longer on the "
                + "Docker host. The home directory is restored.";
        }
        await pool.RemoveAsync(kept.Volume, cancellationToken);
        keptFiles.Delete(kept.Volume);
        return $"The files that were kept as '{alias}' are lost: their volume {kept.Volume} is no longer on the Docker host. "
            + "The workspace begins without files.";
    }

    /// <summary>The volume of a new workspace: the one kept under its alias, one from the pool, or a name for one that is made later.</summary>
    /// <returns>Its name, the user to whom it belongs, and whether it is new.</returns>
    public async Task<(string Name, int Uid, bool Fresh)> VolumeForAsync(
        ContainerId id, Caller caller, string? alias, bool persistent, EngineImage image, CancellationToken cancellationToken)
    {
        if (alias is not null && keptFiles.Find(caller, alias) is { } kept && kept.Alias == alias)
            return (kept.Volume, kept.Uid, false);
        if (persistent)
            return (PersistentPrefix + id, await pool.TakeUidAsync(cancellationToken), true);
        var (name, uid) = await pool.TakeAsync(image.Id, cancellationToken);
        return (name, uid, true);
    }

    /// <summary>The environment of a workspace's commands in an image.</summary>
    public Dictionary<string, string> EnvironmentOf(Workspace workspace, EngineImage image, WorkspaceImage prepared) =>
        WorkspaceEnvironment.Of(workspace, image, prepared, options.Env);

    /// <summary>Docker's name of a workspace's container.</summary>
    public static string NameOf(ContainerId id) => $"mcp-devbench-{id}";

    /// <summary>Volumes that wait for a workspace are unused, and <c>docker volume prune</c> removes them.</summary>
    private async Task<(string DockerId, WorkspaceImage Prepared)> CreateOnOurVolumesAsync(
        Workspace workspace, EngineImage image, bool freshVolume, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var created = await CreateAsync(workspace, image, cancellationToken);
            if (await pool.LostAsync(workspace.VolumeName, cancellationToken) is not { Count: > 0 } lost)
                return created;
            LogVolumesLost(logger, workspace.Id, string.Join(' ', lost));
            await containers.RemoveAsync(created.DockerId, cancellationToken);
            if (attempt == MaxAttempts || (!freshVolume && lost.Contains(workspace.VolumeName)))
                throw new RequestException(
                    ErrorCode.WorkspaceLost, $"The volumes of workspace {workspace.Id} were removed from the Docker host while it was created.",
                    "Call spawn again; if it stays so, ask the operator what removes volumes there (docker volume prune).", retryable: true);
            await pool.RemakeAsync(image.Id, workspace, lost, cancellationToken);
        }
    }

    private async Task<(string DockerId, WorkspaceImage Prepared)> CreateAsync(Workspace workspace, EngineImage image,
        CancellationToken cancellationToken)
    {
        var prepared = await images.GetAsync(image, cancellationToken);
        try
        {
            return (await CreateAsync(workspace, image, prepared, cancellationToken), prepared);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ImageNotFound)
        {
            // Nothing has a name for it, so that a prune of the operator's removes it.
            await images.InvalidateAsync(image, cancellationToken);
            prepared = await images.GetAsync(image, cancellationToken);
            return (await CreateAsync(workspace, image, prepared, cancellationToken), prepared);
        }
    }

    private async Task<string> CreateAsync(Workspace workspace, EngineImage image, WorkspaceImage prepared, CancellationToken cancellationToken)
    {
        var processors = placement.Choose(workspace, await containers.ProcessorsAsync(cancellationToken));
        var created = await containers.CreateAsync(SpecOf(workspace, image, prepared) with { Processors = processors }, cancellationToken);
        if (created.Unpinned is { } reason)
            placement.Refuse(workspace.Id, reason);
        return created.DockerId;
    }

    /// <summary>Names of the variables that the workspace would not have by itself.</summary>
    private List<string> OwnVariables(Workspace workspace, EngineImage image, WorkspaceImage prepared)
    {
        var usual = EnvironmentOf(workspace with { Env = new Dictionary<string, string>() }, image, prepared);
        return
        [
            .. workspace.Env.Where(variable => usual.GetValueOrDefault(variable.Key) != variable.Value).Select(variable => variable.Key),
        ];
    }

    private ContainerSpec SpecOf(Workspace workspace, EngineImage image, WorkspaceImage prepared) => new()
    {
        Name = NameOf(workspace.Id),
        Uid = workspace.Uid,
        ImageId = prepared.Id,
        Labels = ownership.ContainerLabels(workspace, NameOf(workspace.Id), prepared.Id, OwnVariables(workspace, image, prepared)),
        AgentVolume = agentVolume.Name,
        WorkspaceVolume = workspace.VolumeName,
        HomeVolume = HomeVolume.NameOf(workspace.VolumeName),
        MemoryBytes = (long)workspace.Limits.MemoryMb << 20,
        Cpus = workspace.Limits.Cpus,
        Pids = workspace.Limits.Pids,
        Network = workspace.Network,
        Runtime = options.Runtime,
        SeccompProfile = _seccompProfile,
        ImageVariables = [.. image.Env.Select(variable => variable.Split('=')[0]).Where(name => name.Length > 0)],
        ImageVolumes = [.. image.Volumes.Select(ImageCheck.Clean).Distinct()],
    };

    [LoggerMessage(LogLevel.Information, "Container removed")]
    private static partial void LogRemoved(ILogger logger, ContainerId containerId, bool volumeKept);

    [LoggerMessage(LogLevel.Warning, "Kept files are gone: their volume is no longer on the Docker host")]
    private static partial void LogKeptLost(ILogger logger, string volumeName, [Untrusted] string alias);

    [LoggerMessage(LogLevel.Warning, "Volumes of a workspace were removed past the server; they are made anew")]
    private static partial void LogVolumesLost(ILogger logger, ContainerId containerId, string volumeNames);

    [LoggerMessage(LogLevel.Warning, "A volume is in use and was not removed")]
    private static partial void LogVolumeInUse(ILogger logger, string volumeName, ContainerId containerId);

    [LoggerMessage(LogLevel.Warning, "What a failed spawn left will be removed later")]
    private static partial void LogUndoPostponed(ILogger logger, ContainerId containerId, [Untrusted] string reason);
}
