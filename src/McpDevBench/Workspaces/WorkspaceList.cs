using McpDevBench.Engine;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>A caller's workspaces and kept files, as they are on the Docker host now.</summary>
internal sealed class WorkspaceList(
    WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, EngineStates states, VolumePool pool,
    DiskReadings disk)
{
    private const int PageSize = 100;
    private static readonly string Stopped = WorkspaceStatus.Stopped.Name();
    private static readonly string Resuming = WorkspaceStatus.Resuming.Name();

    /// <summary>The workspaces with the states that their containers have now.</summary>
    /// <param name="label">Null, <c>name</c> or <c>name=value</c>.</param>
    public async Task<WorkspacePage> ContainersAsync(
        Caller caller, bool includeStopped, string? label, string? cursor, CancellationToken cancellationToken)
    {
        var after = cursor is null ? (0, "") : PageCursor.Parse(cursor);
        var before = workspaces.All.Where(workspace => workspace.Owner == caller.Name).ToDictionary(workspace => workspace.Id);
        var found = await states.ReadAsync(cancellationToken);
        var running = store.RunningExecs();
        var all = workspaces.All
            .Where(workspace => workspace.Owner == caller.Name)
            .Where(workspace => label is null || HasLabel(workspace, label))
            .Select(workspace => Listed(workspace, before.GetValueOrDefault(workspace.Id), found, running))
            .ToList();
        var shown = includeStopped ? all : [.. all.Where(listed => listed.Status != Stopped && listed.Status != Resuming)];
        var page = shown.OrderBy(listed => CursorOf(listed.Workspace))
            .SkipWhile(listed => CursorOf(listed.Workspace).CompareTo(after) <= 0).Take(PageSize + 1).ToList();
        var last = page.Count > PageSize ? page[PageSize - 1].Workspace : null;
        return new WorkspacePage(
            page.Count > PageSize ? page[..PageSize] : page,
            last is null ? null : PageCursor.Of(last.CreatedAt, last.Id.ToString()),
            Hidden: all.Count - shown.Count, IsCurrent: found is not null);
    }

    /// <summary>The workspaces whose containers are paused now; none if Docker does not answer.</summary>
    public async Task<IEnumerable<WorkspaceId>> PausedAsync(CancellationToken cancellationToken)
    {
        var found = await states.ReadAsync(cancellationToken);
        return found is null
            ? []
            : workspaces.All.Where(workspace => workspace.Container is { } id && found.GetValueOrDefault(id) == ContainerState.Paused)
                .Select(workspace => workspace.Id);
    }

    /// <summary>Files that were kept of removed workspaces.</summary>
    public async Task<IReadOnlyList<ListedKeptFiles>> KeptAsync(Caller caller, CancellationToken cancellationToken)
    {
        var kept = keptFiles.List(caller);
        var present = kept.Count == 0 ? null : await pool.FindAsync(cancellationToken);
        return
        [
            .. kept.Select(files => new ListedKeptFiles(
                files, present?.Contains(files.Volume) == false, present?.Contains(HomeVolume.NameOf(files.Volume)) == true)),
        ];
    }

    /// <summary>Those of a caller that held more than their disk limit when they were last measured, the oldest first.</summary>
    public IReadOnlyList<Workspace> OverDiskLimit(Caller caller) =>
        [.. workspaces.All.Where(workspace => workspace.Owner == caller.Name && disk.IsOver(workspace.Id)).OrderBy(CursorOf)];

    /// <param name="before">As it was before Docker was asked: with another container by now, Docker's answer is not about it.</param>
    private WorkspaceEntry Listed(
        Workspace workspace, Workspace? before, IReadOnlyDictionary<ContainerId, ContainerState>? states, Dictionary<string, int> running)
    {
        var status = workspace.Status.Name();
        if (states is not null && workspace.Status is WorkspaceStatus.Running or WorkspaceStatus.Stopped
            && workspace.Container is { } container && before is not null && before.Container == container)
            status = states.GetValueOrDefault(container) switch
            {
                ContainerState.Running or ContainerState.Restarting => WorkspaceStatus.Running.Name(),
                ContainerState.Paused => ContainerState.Paused.Name(),
                _ => Stopped,
            };
        var execs = status == Stopped ? 0 : running.GetValueOrDefault(workspace.Id.ToString());
        return new WorkspaceEntry(workspace, status, execs, disk.IsOver(workspace.Id));
    }

    private static bool HasLabel(Workspace workspace, string label)
    {
        var at = label.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? workspace.Labels.ContainsKey(label) : workspace.Labels.GetValueOrDefault(label[..at]) == label[(at + 1)..];
    }

    private static (long, string) CursorOf(Workspace workspace) => (workspace.CreatedAt.Milliseconds(), workspace.Id.ToString());
}
