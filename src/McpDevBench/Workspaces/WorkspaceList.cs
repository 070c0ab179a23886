using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>A caller's workspaces and kept files, as they are on the Docker host now.</summary>
internal sealed class WorkspaceList(
    WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, EngineStates states, VolumePool pool)
{
    private const int PageSize = 100;

    /// <summary>Docker's word, and ours.</summary>
    private const string Paused = "paused";
    private static readonly string Stopped = WorkspaceStore.StatusName(ContainerStatus.Stopped);
    private static readonly string Resuming = WorkspaceStore.StatusName(ContainerStatus.Resuming);

    /// <summary>The workspaces with the states that their containers have now.</summary>
    /// <param name="label">Null, <c>name</c> or <c>name=value</c>.</param>
    public async Task<ContainerPage> ContainersAsync(
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
        return new ContainerPage(
            page.Count > PageSize ? page[..PageSize] : page,
            page.Count > PageSize ? PageCursor.Of(page[PageSize - 1].Workspace.CreatedAt, page[PageSize - 1].Workspace.Id.ToString()) : null,
            Hidden: all.Count - shown.Count, IsCurrent: found is not null);
    }

    /// <summary>The workspaces whose containers are paused now; none if Docker does not answer.</summary>
    public async Task<IEnumerable<ContainerId>> PausedAsync(CancellationToken cancellationToken)
    {
        var found = await states.ReadAsync(cancellationToken);
        return found is null
            ? []
            : workspaces.All.Where(workspace => workspace.DockerId is { } id && found.GetValueOrDefault(id) == Paused)
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

    /// <param name="before">As it was before Docker was asked: with another container by now, Docker's answer is not about it.</param>
    private static ListedContainer Listed(
        Workspace workspace, Workspace? before, IReadOnlyDictionary<string, string>? states, Dictionary<string, int> running)
    {
        var status = WorkspaceStore.StatusName(workspace.Status);
        if (states is not null && workspace.Status is ContainerStatus.Running or ContainerStatus.Stopped
            && workspace.DockerId is { } dockerId && before is not null && before.DockerId == dockerId)
            status = states.GetValueOrDefault(dockerId) switch
            {
                "running" or "restarting" => WorkspaceStore.StatusName(ContainerStatus.Running),
                Paused => Paused,
                _ => Stopped,
            };
        return new ListedContainer(workspace, status, status == Stopped ? 0 : running.GetValueOrDefault(workspace.Id.ToString()));
    }

    private static bool HasLabel(Workspace workspace, string label)
    {
        var at = label.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? workspace.Labels.ContainsKey(label) : workspace.Labels.GetValueOrDefault(label[..at]) == label[(at + 1)..];
    }

    private static (long, string) CursorOf(Workspace workspace) => (workspace.CreatedAt.Milliseconds(), workspace.Id.ToString());
}
