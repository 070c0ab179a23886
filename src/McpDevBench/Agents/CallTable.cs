using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>
/// The requests of one stream that the agent has not answered, also those whose callers have gone: an agent may speak of nothing else.
/// </summary>
internal sealed class CallTable
{
    /// <summary>An agent has at most 256 requests open, and answers the next one at once.</summary>
    public const int MaxUnanswered = 1024;

    private readonly ConcurrentDictionary<uint, AgentCall> _calls = [];
    private uint _lastChannel;
    private int _count;

    public uint NextChannel() => Interlocked.Increment(ref _lastChannel);

    /// <exception cref="ProtocolException">The agent leaves too many requests unanswered.</exception>
    public void Add(AgentCall call)
    {
        _calls[call.Channel] = call;
        if (Interlocked.Increment(ref _count) > MaxUnanswered)
            throw new ProtocolException($"the agent leaves more than {MaxUnanswered} requests without an answer");
    }

    /// <summary>The agent has answered it, or never heard of it.</summary>
    /// <returns>Null: there is no such request.</returns>
    public AgentCall? Remove(uint channel)
    {
        if (!_calls.TryRemove(channel, out var call))
            return null;
        Interlocked.Decrement(ref _count);
        return call;
    }

    /// <returns>Null: it has been answered already.</returns>
    /// <exception cref="ProtocolException">There was never such a request.</exception>
    public AgentCall? Find(uint channel, FrameKind kind)
    {
        if (_calls.TryGetValue(channel, out var call))
            return call;
        return channel != Protocol.NoChannel && channel <= Volatile.Read(ref _lastChannel)
            ? null
            : throw new ProtocolException($"the agent sent {kind} for request {channel}, which does not exist");
    }

    /// <summary>The stream has ended.</summary>
    public void Break()
    {
        foreach (var call in _calls.Values)
            call.Break();
    }
}
