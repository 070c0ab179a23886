using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>Settles containers without a row: adopts those of a lost database, and removes those that nothing needs.</summary>
internal sealed partial class StrayReconciler(
    WorkspaceDirectory workspaces, Adoption adoption, Ownership ownership, WorkspaceContainers containers, EngineContainers engine,
    TimeProvider time, ILogger<StrayReconciler> logger)
{
    /// <summary>What is younger may be a spawn under way.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private int _adopted;

    /// <summary>How many were adopted; null for none.</summary>
    public string? Describe() => Volatile.Read(ref _adopted) is > 0 and var adopted
        ? $"Adopted since the start, because the database did not know them: {Plural.Of(adopted, "workspace")}."
        : null;

    /// <summary>By its id, or by its labels where the id was never written down.</summary>
    public bool IsContainerOf(EngineContainer container, Workspace workspace) =>
        container.Id == workspace.Container
        || (workspace.Container is null && container.Labels.GetValueOrDefault(Ownership.IdLabel) == workspace.Id.ToString()
            && ownership.IsOurs(container));

    public async Task SettleAsync(EngineContainer container, SweepActions actions, CancellationToken cancellationToken)
    {
        if (!ownership.IsOurs(container))
        {
            actions.LeaveAlone(container.Id.Value, SweepAction.Foreign);
            return;
        }
        if (time.GetUtcNow() - container.CreatedAt < Settled && container.CreatedAt > _startedAt)
            return;
        var id = container.Labels.GetValueOrDefault(Ownership.IdLabel);
        var present = WorkspaceId.TryParse(id, out var parsed) ? workspaces.Find(parsed) : null;
        if (present is { Status: WorkspaceStatus.Creating or WorkspaceStatus.Resuming })
            return;
        if (present is null && await adoption.OfAsync(container, cancellationToken) is { } adopted)
            actions.Do(
                "adopted", adopted.Id.ToString(), $"it is ours, but the database did not know it. {adopted.Adoption}",
                () => Adopt(adopted));
        else if (container.State.IsUp())
            actions.LeaveAlone(
                container.Id.Value, "it runs, and the database does not know it; if it is not needed, remove it with docker rm -f");
        else
            await RemoveAsync("removed", container, WhyNeedless(present), actions, cancellationToken);
    }

    /// <summary>A helper that a crash left behind is removed; a container that only carries its label is not ours.</summary>
    public async Task SettleHelperAsync(EngineContainer container, SweepActions actions, CancellationToken cancellationToken)
    {
        if (ownership.IsAbandonedHelper(container))
            await RemoveAsync("helper_removed", container, "a helper container that a crash left behind", actions, cancellationToken);
        else if (!ownership.IsOurHelper(container))
            actions.LeaveAlone(container.Id.Value, SweepAction.Foreign);
    }

    private static string WhyNeedless(Workspace? present) => present is null
        ? "it is ours, but has no volume with files"
        : $"the workspace {present.Id} has another container by now";

    private Task RemoveAsync(
        string kind, EngineContainer container, string reason, SweepActions actions, CancellationToken cancellationToken) =>
        actions.DoAsync(kind, container.Id.Value, reason, () => engine.RemoveAsync(container.Id, cancellationToken));

    private void Adopt(Workspace adopted)
    {
        workspaces.Add(adopted);
        LogAdopted(logger, adopted.Id, adopted.Adoption!);
        Interlocked.Increment(ref _adopted);
        if (adopted.Status == WorkspaceStatus.Running)
            containers.Reconnect(adopted);
    }

    [LoggerMessage(LogLevel.Warning, "Adopted a container that the database did not know")]
    private static partial void LogAdopted(ILogger logger, WorkspaceId containerId, [Untrusted] string adoption);
}
