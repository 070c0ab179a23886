using System.Text.Json;
using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Observability;
using McpDevBench.Workspaces;

namespace McpDevBench.Calls;

/// <summary>
/// Replaces an alias by the id of its workspace, and adds the workspace of an exec, in the facts of a call. A search of logs and audit
/// records by id then finds every call, also one that was refused, or that removed what its handle named.
/// </summary>
internal sealed class CallHandles(WorkspaceDirectory workspaces, ExecStore execs, AuditLog audit)
{
    /// <summary>
    /// Notes what is known before anything is looked up: the handles as they were given, until a room says which things they are.
    /// </summary>
    public static void Note(IDictionary<string, JsonElement>? arguments)
    {
        var facts = CallFacts.Current!;
        facts.ContainerId = Given(arguments, "container_id") ?? Given(arguments, "target");
        // A copy is about the workspace that it changes, and about the one that it reads.
        if (Given(arguments, "target_container_id") is { } target)
            (facts.ContainerId, facts.SourceId) = (target, facts.ContainerId);
        facts.ExecId = Given(arguments, "exec_id");
    }

    /// <summary>Resolves the handles of workspaces, before the call is served: afterwards an alias may name nothing any more.</summary>
    public void ResolveWorkspaces()
    {
        if (CallFacts.Current is { } facts)
            (facts.ContainerId, facts.SourceId) = (IdOf(facts, facts.ContainerId), IdOf(facts, facts.SourceId));
    }

    /// <summary>
    /// Resolves all handles in <see cref="CallFacts.Current"/>. Handles of other callers, and unknown ones, stay as they were given.
    /// </summary>
    public void Resolve()
    {
        if (CallFacts.Current is not { } facts)
            return;
        ResolveWorkspaces();
        (facts.ContainerId, facts.SourceId) = (EarlierId(facts, facts.ContainerId), EarlierId(facts, facts.SourceId));
        if (facts.ContainerId is not null)
            return;
        if (ExecId.TryParse(facts.ExecId, out var id) && execs.Find(id) is { } exec && exec.Owner == facts.Caller.Name)
            facts.ContainerId = exec.ContainerId.ToString();
    }

    private static string? Given(IDictionary<string, JsonElement>? arguments, string name) =>
        arguments is not null && arguments.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String
            ? CallFacts.Handle(value.GetString())
            : null;

    private string? IdOf(CallFacts facts, string? handle) =>
        handle is null || WorkspaceId.TryParse(handle, out _) ? handle : workspaces.IdOf(facts.Caller, handle)?.ToString() ?? handle;

    /// <summary>Of a workspace that is gone with its files, only the audit log still has the alias.</summary>
    private string? EarlierId(CallFacts facts, string? handle)
    {
        if (handle is null || WorkspaceId.TryParse(handle, out _))
            return handle;
        try
        {
            return audit.LastWithAlias(facts.Caller.Name, handle) ?? handle;
        }
        catch (RequestException)
        {
            return handle; // The audit log cannot be read; its writer reports that.
        }
    }
}
