using System.Collections.Concurrent;

namespace McpDevBench.Workspaces;

/// <summary>Removes workspaces. Each step can be repeated: what a crash interrupts, the reconciler finishes.</summary>
internal sealed partial class WorkspaceRemoval(
    WorkspaceDirectory workspaces, VolumePool pool, WorkspaceContainers containers, ILogger<WorkspaceRemoval> logger)
{
    private readonly ConcurrentDictionary<WorkspaceId, bool> _underWay = [];

    /// <summary>Whether a removal of the workspace is under way in this server.</summary>
    public bool IsUnderWay(WorkspaceId id) => _underWay.ContainsKey(id);

    /// <summary>
    /// Removes the container, its volume unless it is to be kept, and the row: in this order, so that a crash in between leaves a row to go
    /// on from.
    /// </summary>
    /// <returns>Whether the volume is still there.</returns>
    /// <exception cref="RequestException">timeout: the processes have not ended yet. The workspace stays in removal.</exception>
    public async Task<bool> RemoveAsync(Workspace workspace, bool keepVolume, CancellationToken cancellationToken)
    {
        _underWay[workspace.Id] = true;
        try
        {
            return await RemoveOnceAsync(workspace, keepVolume, cancellationToken);
        }
        finally
        {
            _underWay.TryRemove(workspace.Id, out _);
        }
    }

    private async Task<bool> RemoveOnceAsync(Workspace workspace, bool keepVolume, CancellationToken cancellationToken)
    {
        keepVolume = keepVolume && await pool.FindLeftAsync(workspace.VolumeName, cancellationToken) is { Files: true } or { Home: true };
        workspaces.BeginRemoval(workspace, keepVolume);
        await containers.RemoveAsync(workspace, cancellationToken);
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

    [LoggerMessage(LogLevel.Information, "Container removed")]
    private static partial void LogRemoved(ILogger logger, WorkspaceId containerId, bool volumeKept);

    [LoggerMessage(LogLevel.Warning, "A volume is in use and was not removed")]
    private static partial void LogVolumeInUse(ILogger logger, string volumeName, WorkspaceId containerId);
}
