using McpDevBench.Containers;
using McpDevBench.Execs;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

/// <summary>
/// Replaces an alias by the id of its workspace, and adds the workspace of an exec, in the facts of a call that was refused before a
/// service looked its handles up. A search of logs and audit records by id then finds refused calls too.
/// </summary>
internal sealed class CallHandles(WorkspaceDirectory workspaces, ExecStore execs)
{
    /// <summary>
    /// Resolves the handles in <see cref="CallFacts.Current"/>. Handles of other callers, and unknown ones, stay as they were given.
    /// </summary>
    public void Resolve()
    {
        if (CallFacts.Current is not { } facts)
            return;
        if (facts.ContainerId is { } handle)
            facts.ContainerId = workspaces.IdOf(facts.Principal, handle)?.ToString() ?? handle;
        else if (ExecId.TryParse(facts.ExecId, out var id) && execs.Find(id) is { } exec && exec.Owner == facts.Principal)
            facts.ContainerId = exec.ContainerId.ToString();
    }
}
