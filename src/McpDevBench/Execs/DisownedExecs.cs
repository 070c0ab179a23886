using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Execs;

/// <summary>
/// Commands that agents listed in their greetings and that nobody watches over: each may still send what it kept, and its end, once.
/// </summary>
internal sealed class DisownedExecs
{
    private readonly ConcurrentDictionary<ContainerId, Dictionary<Guid, long>> _byContainer = [];

    /// <summary>For the stream that an agent has now.</summary>
    public void Set(ContainerId container, IEnumerable<Guid> keys) => _byContainer[container] = keys.ToDictionary(key => key, _ => 0L);

    public void Forget(ContainerId container) => _byContainer.TryRemove(container, out _);

    /// <exception cref="ProtocolException">The agent did not list it, or sends more than it can have kept.</exception>
    public void CountOutput(ContainerId container, Guid key, int bytes)
    {
        var listed = ListedBy(container, key);
        if ((listed[key] += bytes) > Protocol.ExecWindow)
            throw new ProtocolException($"the agent sent {listed[key]} bytes of a command that nobody watches over");
    }

    /// <exception cref="ProtocolException">The agent did not list it, or reports its end twice.</exception>
    public void End(ContainerId container, Guid key) => ListedBy(container, key).Remove(key);

    /// <exception cref="ProtocolException">The agent did not list it.</exception>
    public void Require(ContainerId container, Guid key) => ListedBy(container, key);

    private Dictionary<Guid, long> ListedBy(ContainerId container, Guid key) =>
        _byContainer.TryGetValue(container, out var listed) && listed.ContainsKey(key)
            ? listed
            : throw new ProtocolException($"the agent speaks of the command {new ExecId(key)}, which this server does not run there");
}
