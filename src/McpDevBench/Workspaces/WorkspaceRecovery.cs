using McpDevBench.Agents;

namespace McpDevBench.Workspaces;

/// <summary>
/// Finds the running container behind a handle, for every call that needs one. A workspace that has stopped is resumed on the way.
/// </summary>
internal sealed class WorkspaceRecovery(
    WorkspaceDirectory workspaces, WorkspaceResumer resumer, VolumePool pool, AgentDirectory agents)
{
    private const int MaxAttempts = 3;

    /// <summary>
    /// Runs an action on the agent of a workspace. Repeated on the new container if the old one ended before the action was begun.
    /// </summary>
    /// <param name="target">Id or alias.</param>
    /// <exception cref="RequestException">container_not_found, or why the container cannot be started again.</exception>
    public async Task<T> UseAsync<T>(
        Caller caller, string target, Func<Workspace, AgentLink, Task<T>> action, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var workspace = await FindRunningAsync(caller, target, cancellationToken);
            try
            {
                return await action(workspace, agents.Get(workspace.Container!));
            }
            catch (RequestException e) when (e.Code == ErrorCode.WorkspaceLost && attempt < MaxAttempts)
            {
                // Only now it shows that the container has ended, and nothing of the action was begun.
            }
        }
    }

    /// <summary>The workspace as it is, and marks it as used.</summary>
    /// <exception cref="RequestException">container_not_found; it offers no kept files whose volume is gone.</exception>
    public async Task<Workspace> FindAsync(Caller caller, string target, CancellationToken cancellationToken)
    {
        if (workspaces.TryFind(caller, target) is null && workspaces.FindRemoving(caller, target) is null
            && workspaces.FindKept(caller, target) is { } kept
            && await pool.FindLeftAsync(kept.Volume, cancellationToken) is { Files: false } left)
            throw LostFiles.OfKept(target, kept, left);
        return workspaces.Find(caller, target);
    }

    /// <summary>The workspace, with its container running: resumed if need be.</summary>
    /// <exception cref="RequestException">container_not_found, or why the container cannot be started again.</exception>
    public async Task<Workspace> FindRunningAsync(Caller caller, string target, CancellationToken cancellationToken)
    {
        var found = await FindAsync(caller, target, cancellationToken);
        if (found.Status == WorkspaceStatus.Creating)
            throw new RequestException(
                ErrorCode.Conflict, $"The workspace {found.Id} is still being created.", "Wait for spawn to answer, then call again.",
                retryable: true);
        if (found.Status != WorkspaceStatus.Running || agents.TryGet(found.Container!) is null)
            found = await resumer.ResumeAsync(found, cancellationToken);
        workspaces.ReportChanges(found.Id);
        return found;
    }

    /// <summary>As <see cref="FindRunningAsync"/>, and more than a look at the row: its agent has answered.</summary>
    public Task<Workspace> FindAnsweringAsync(Caller caller, string target, CancellationToken cancellationToken) =>
        UseAsync(
            caller, target,
            async (found, link) =>
            {
                await agents.CheckAsync(link.Container, cancellationToken);
                return found;
            },
            cancellationToken);
}
