using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Execs that an agent lists in its welcome and the server no longer supervises: each may still send what it kept, and its end, once.
/// </summary>
internal sealed class OrphanedExecs(ExecKeys keys, ExecStore store, TimeProvider time)
{
    private readonly ConcurrentDictionary<ContainerId, Dictionary<Guid, long>> _byContainer = [];

    /// <summary>Replaces those of the agent's last stream.</summary>
    /// <exception cref="ProtocolException">The server did not start one of them in this workspace.</exception>
    public void Set(ContainerId container, IReadOnlyList<ExecPosition> listed, Workspace? workspace)
    {
        foreach (var position in listed)
            RequireOurs(position.Key, workspace);
        _byContainer[container] = listed.ToDictionary(position => position.Key, _ => 0L);
    }

    /// <summary>Lets the agent send what it kept, and cancels an exec without a row.</summary>
    public void Release(AgentLink link, ExecPosition position)
    {
        link.Acknowledge(new ExecAck(position.Key, position.Acknowledged, Exit: false));
        // Background processes of one with a row may go on; its exit is acknowledged when it is sent again.
        if (store.Find(new ExecId(position.Key)) is null)
            BackgroundCancel.End(link, new ExecId(position.Key), time);
    }

    public void Forget(ContainerId container) => _byContainer.TryRemove(container, out _);

    /// <exception cref="ProtocolException">The agent did not list it, or sends more than it can have kept.</exception>
    public void CountOutput(ContainerId container, Guid key, int bytes)
    {
        var listed = ListedBy(container, key);
        if ((listed[key] += bytes) > Protocol.ExecWindow)
            throw new ProtocolException($"the agent sent {listed[key]} bytes of a command that is not supervised");
    }

    /// <exception cref="ProtocolException">The agent did not list it, or reports its end twice.</exception>
    public void End(ContainerId container, Guid key) => ListedBy(container, key).Remove(key);

    /// <exception cref="ProtocolException">The agent did not list it.</exception>
    public void Require(ContainerId container, Guid key) => ListedBy(container, key);

    /// <summary>Also without a row: it may have expired, or the database may have been lost.</summary>
    private void RequireOurs(Guid key, Workspace? workspace)
    {
        var id = new ExecId(key);
        if (workspace is null || (!keys.IsOurs(id, workspace.Id) && store.Find(id)?.ContainerId != workspace.Id))
            throw new ProtocolException($"the agent lists the command {id}, which this server did not start there");
    }

    private Dictionary<Guid, long> ListedBy(ContainerId container, Guid key) =>
        _byContainer.TryGetValue(container, out var listed) && listed.ContainsKey(key)
            ? listed
            : throw new ProtocolException($"the agent reports the command {new ExecId(key)}, which this server does not run there");
}
