using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>A client's kill: of a workspace, or of files that were kept.</summary>
internal sealed partial class KillService(
    WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, WorkspaceRemoval removal, WorkspaceContainers containers,
    VolumePool pool, KeyedLock keys, ILogger<KillService> logger)
{
    /// <param name="keep">Keeps the files also of a workspace that is not persistent.</param>
    /// <param name="delete">Deletes the files also of a persistent workspace, or files that were kept before.</param>
    public async Task<Killed> KillAsync(
        Caller caller, string target, bool force, bool keep, bool delete, CancellationToken cancellationToken)
    {
        if (keep && delete)
            throw new RequestException(
                ErrorCode.InvalidArgument, "keep_workspace and delete_files are both true.", "Give at most one of them.");
        var begun = workspaces.FindRemoving(caller, target);
        if (begun is null && workspaces.TryFind(caller, target) is null && keptFiles.Find(caller, target) is { } kept)
            return await KillKeptAsync(kept, delete, cancellationToken);
        var id = (begun ?? workspaces.Find(caller, target)).Id;
        using var _ = await keys.LockAsync(WorkspaceResumer.LockOf(id), cancellationToken);
        // As it is now: a resume may have given it another container.
        if (workspaces.FindRemoving(caller, id.ToString()) is { } removing)
        {
            workspaces.Note(removing);
            return await RemoveAsync(removing, keptFiles.Volumes().Contains(removing.VolumeName));
        }
        if (workspaces.TryFind(caller, id.ToString()) is not { } workspace)
            throw workspaces.NotFound(caller, target);
        if (!force && store.RunningExecs().ContainsKey(workspace.Id.ToString()))
            await containers.StopAsync(workspace, cancellationToken);
        // From here on to the end, whether the caller still waits or not: half a removal is worse than none.
        var killed = await RemoveAsync(workspace, keep || (workspace.Persistent && !delete));
        LogKilled(logger, workspace.Id, force);
        return killed;
    }

    private async Task<Killed> RemoveAsync(Workspace workspace, bool keepVolume)
    {
        try
        {
            var isKept = await removal.RemoveAsync(workspace, keepVolume, CancellationToken.None);
            return new Killed(workspace.Id.ToString(), "removed", isKept ? "kept" : "removed", isKept ? workspace.KeptAs : null)
            {
                HomeAlone = isKept && (await pool.FindAsync(CancellationToken.None))?.Contains(workspace.VolumeName) == false,
            };
        }
        catch (RequestException e) when (
            e.Code == ErrorCode.DockerUnavailable && workspaces.Find(workspace.Id) is { Status: WorkspaceStatus.Removing })
        {
            throw new RequestException(
                ErrorCode.DockerUnavailable,
                $"Docker does not answer. The removal of workspace {workspace.Id} has begun, "
                    + "and the server finishes it once Docker answers.",
                "Nothing more to do: list_containers shows the workspace as removing until then.", inner: e);
        }
        catch (RequestException e) when (e.Code == ErrorCode.Timeout)
        {
            LogRemovalContinues(logger, workspace.Id, e.Message);
            return new Killed(workspace.Id.ToString(), "removing", keepVolume ? "kept" : "removed", keepVolume ? workspace.KeptAs : null);
        }
    }

    private async Task<Killed> KillKeptAsync(KeptFiles kept, bool delete, CancellationToken cancellationToken)
    {
        var name = kept.ContainerId ?? kept.Alias;
        var left = await pool.FindLeftAsync(kept.Volume, cancellationToken);
        if (!delete && (left.Files || left.Home))
            return new Killed(name, "removed", "kept", kept.Alias, HomeAlone: !left.Files);
        if (!await pool.RemoveAsync(kept.Volume, cancellationToken))
            throw new RequestException(
                ErrorCode.Conflict, $"The volume with the kept files of '{kept.Alias}' is in use by a container.",
                "Ask the operator to remove that container, then call kill again with delete_files=true.");
        keptFiles.Delete(kept.Volume);
        return new Killed(name, "removed", "removed", null);
    }

    [LoggerMessage(LogLevel.Warning, "Removal is taking long and continues in the background")]
    private static partial void LogRemovalContinues(ILogger logger, WorkspaceId containerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Information, "Container killed")]
    private static partial void LogKilled(ILogger logger, WorkspaceId containerId, bool force);
}
