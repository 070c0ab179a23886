using System.Diagnostics.CodeAnalysis;
using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Wire;

/// <summary>
/// One conversation with a server, from its handshake until the next one: its open channels, and what is to be sent. On the loop's thread.
/// </summary>
internal sealed class Session(EventLoop loop)
{
    private readonly Dictionary<uint, Channel> _channels = [];

    /// <summary>The version of the protocol that both sides speak. 0 before Hello.</summary>
    public ushort Version { get; set; }

    public Outbox Outbox { get; } = new(loop);

    public bool Closed { get; private set; }

    public int OpenChannels => _channels.Count;

    public Channel Open(uint id)
    {
        if (id == Protocol.NoChannel)
            throw new ProtocolException("a request needs a channel");
        var channel = new Channel(this, id);
        return _channels.TryAdd(id, channel) ? channel : throw new ProtocolException($"channel {id} is in use");
    }

    public bool TryFind(uint id, [NotNullWhen(true)] out Channel? channel) => _channels.TryGetValue(id, out channel);

    /// <summary>Begins an answer: its message, if it has one, is written behind.</summary>
    public MessageWriter Answer(AgentStatus status) => new MessageWriter { Version = Version }.Byte((byte)status);

    /// <summary>A failure as an answer: the bytes of its text alone, without a length before them.</summary>
    public MessageWriter Answer(OperationException failure)
    {
        var answer = Answer(failure.Status);
        foreach (var value in Encoding.UTF8.GetBytes(failure.Message))
            answer.Byte(value);
        return answer;
    }

    /// <summary>From any thread: the answer to a channel's request.</summary>
    public void Respond(Channel channel, MessageWriter answer)
    {
        Outbox.WaitForRoom();
        loop.Post(() => Finish(channel, answer));
    }

    /// <summary>
    /// On the loop. The answer is sent as it is, without a copy: an allocation that fails on this thread would end the agent.
    /// </summary>
    public void Finish(Channel channel, MessageWriter answer)
    {
        channel.Discard();
        if (Closed || !_channels.Remove(channel.Id))
            return;
        var frame = OutFrame.Of(FrameKind.Response, channel.Id, answer.WrittenMemory);
        if (channel.HasContent)
            Outbox.Last(frame);
        else
            Outbox.Control(frame);
    }

    public void Close()
    {
        Closed = true;
        Outbox.Close();
        foreach (var channel in _channels.Values.ToArray())
        {
            channel.Cancel();
            channel.Discard();
        }
        _channels.Clear();
    }
}
