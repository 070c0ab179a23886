namespace McpDevBench.Workspaces;

/// <summary>Removes workspaces whose time to live is over, or that have not been used for too long.</summary>
internal sealed class ExpiredWorkspaces(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceStore store, WorkspaceRemoval removal, KeyedLock keys,
    TimeProvider time)
{
    /// <summary>A workspace was removed because it had expired, and why.</summary>
    public event Func<Workspace, string, Task>? Removed;

    /// <returns>How many workspaces there were.</returns>
    public async Task<int> CollectAsync(SweepActions actions, CancellationToken cancellationToken)
    {
        var all = workspaces.All.ToList();
        foreach (var workspace in all)
        {
            if (WhyExpired(workspace) is { } reason)
                await RemoveAsync(workspace, reason, actions, cancellationToken);
        }
        return all.Count;
    }

    private string? WhyExpired(Workspace workspace)
    {
        var now = time.GetUtcNow();
        if (workspace.Status == WorkspaceStatus.Stopped)
            return !workspace.Persistent && now - workspace.LastUsedAt > options.TransientRetention
                ? $"stopped, and unused for {Plural.Of((long)options.TransientRetention.TotalDays, "day")}"
                : null;
        if (workspace.Status != WorkspaceStatus.Running)
            return null;
        if (workspace.LeaseUntil < now)
            return "its time to live is over";
        // A running exec counts as use; a use within the granularity may not have been written down.
        return workspace.IdleTimeToLive is { } idle && now - workspace.LastUsedAt > idle + WorkspaceDirectory.UseGranularity
            && !store.RunningExecs().ContainsKey(workspace.Id.ToString())
            ? $"unused for {idle.TotalSeconds:0} s"
            : null;
    }

    private async Task RemoveAsync(Workspace workspace, string reason, SweepActions actions, CancellationToken cancellationToken)
    {
        var id = workspace.Id.ToString();
        try
        {
            if (!actions.DryRun)
            {
                using var _ = await keys.LockAsync(WorkspaceResumer.LockOf(workspace.Id), cancellationToken);
                // A use may have come in between, or a resume.
                if (workspaces.Find(workspace.Id) is not { } present || WhyExpired(present) is null)
                    return;
                await removal.RemoveAsync(present, keepVolume: present.Persistent, cancellationToken);
                await (Removed?.Invoke(present, reason) ?? Task.CompletedTask);
            }
            actions.Add("removed", id, reason);
        }
        catch (RequestException e)
        {
            actions.Add("postponed", id, $"{reason}, but: {e.Message}");
        }
    }
}
