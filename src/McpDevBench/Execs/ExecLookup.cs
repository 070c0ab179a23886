using McpDevBench.Observability;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Finds execs of a caller, running or ended.</summary>
internal sealed class ExecLookup(ExecSupervisor supervisor, ExecStore store, WorkspaceDirectory workspaces)
{
    private const int PageSize = 40;

    /// <param name="container">Null for all of the owner's.</param>
    public ExecPage List(Caller caller, string? container, bool includeFinished, string? cursor)
    {
        var id = container is null ? default(WorkspaceId?) : workspaces.Find(caller, container).Id;
        var before = cursor is null ? default((long, string)?) : PageCursor.Parse(cursor);
        var execs = store.List(caller, id, includeFinished, before, PageSize + 1);
        var next = execs.Count > PageSize ? PageCursor.Of(execs[PageSize - 1].StartedAt, execs[PageSize - 1].Id.ToString()) : null;
        // What runs has its shell in memory alone, until it has ended.
        return new ExecPage([.. execs.Take(PageSize).Select(exec => supervisor.Find(exec.Id)?.Exec ?? exec)], next);
    }

    /// <exception cref="RequestException">exec_not_found.</exception>
    public Exec Find(Caller caller, string execId)
    {
        var found = ExecId.TryParse(execId, out var id) ? Lookup(id) : null;
        if (found is not null && found.Owner == caller.Name)
            return Noted(found);
        throw new RequestException(
            ErrorCode.ExecNotFound, $"There is no exec {CallFacts.Named(execId)}: it never existed, or its output has expired.",
            "Call list_execs to see what there is, or exec to run a command.");
    }

    public Exec? Lookup(ExecId id) => supervisor.Find(id)?.Exec ?? store.Find(id);

    /// <summary>Adds the exec to the facts of the call.</summary>
    public Exec Noted(Exec exec)
    {
        if (CallFacts.Current is { } facts)
            (facts.ExecId, facts.ContainerId) = (exec.Id.ToString(), exec.ContainerId.ToString());
        if (workspaces.Find(exec.ContainerId) is { } workspace)
            workspaces.Note(workspace);
        return exec;
    }
}
