using System.Buffers.Binary;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>One conversation with a server, from its handshake until the next one's: its open channels, and what is to be sent. On the loop's thread.</summary>
internal sealed class Session(EventLoop loop, RequestRouter router, ExecTable execs)
{
    private const int MaxChannels = 256;
    private const int MaxPing = 64;

    private readonly Dictionary<uint, Channel> _channels = [];
    private bool _greeted;

    /// <summary>The version of the protocol that both sides speak; set by Hello, which comes before everything else.</summary>
    public ushort Version { get; private set; }

    public Outbox Outbox { get; } = new(loop);

    public bool Closed { get; private set; }

    public void Handle(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_greeted && header.Kind != FrameKind.Hello)
            throw new ProtocolException($"{header.Kind} before Hello");
        switch (header.Kind)
        {
            case FrameKind.Hello:
                Greet(payload);
                break;
            case FrameKind.Request:
                Open(header.Channel, payload);
                break;
            case FrameKind.Ping:
                Pong(header.Channel, payload);
                break;
            case FrameKind.ExecAck:
                var reader = new MessageReader(payload) { Version = Version };
                var acknowledged = ExecAck.Read(ref reader);
                reader.End();
                execs.Acknowledge(acknowledged);
                break;
            case FrameKind.Data or FrameKind.DataEnd or FrameKind.Credit or FrameKind.Cancel:
                // A channel that is not there has just been answered: what is still under way for it means nothing.
                if (_channels.TryGetValue(header.Channel, out var channel))
                    Feed(channel, header.Kind, payload);
                break;
            default:
                throw new ProtocolException($"{header.Kind} is not for the server to send");
        }
    }

    /// <summary>Begins an answer: its message, if it has one, is written behind.</summary>
    public MessageWriter Answer(AgentStatus status) => new MessageWriter { Version = Version }.Byte((byte)status);

    /// <summary>A refusal as an answer: the bytes of its text alone, without a length before them.</summary>
    public MessageWriter Answer(OperationException refusal)
    {
        var answer = Answer(refusal.Status);
        foreach (var value in System.Text.Encoding.UTF8.GetBytes(refusal.Message))
            answer.Byte(value);
        return answer;
    }

    /// <summary>From any thread: the answer to a channel's request.</summary>
    public void Respond(Channel channel, MessageWriter answer)
    {
        Outbox.WaitForRoom();
        loop.Post(() => Finish(channel, answer));
    }

    /// <summary>On the loop. The answer is sent as it is, without a copy: on this thread, memory that cannot be had would be the agent's end.</summary>
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

    private void Greet(ReadOnlySpan<byte> payload)
    {
        if (_greeted)
            throw new ProtocolException("a second Hello");
        var reader = new MessageReader(payload) { Version = Protocol.HandshakeVersion };
        var hello = Hello.Read(ref reader);
        reader.End();
        if (hello.Version < Protocol.MinVersion)
            throw new ProtocolException($"the server speaks version {hello.Version}, at least {Protocol.MinVersion} is required");
        Version = Math.Min(hello.Version, Protocol.Version);
        _greeted = true;
        var message = new MessageWriter { Version = Version };
        // A number that is no user changes nothing, and returns whose files the agent works on.
        var user = Libc.setfsuid(uint.MaxValue);
        (execs.Welcome(Version) with { Mounts = Version >= 3 ? MountTable.Read() : [], User = user }).Write(message);
        Outbox.Control(OutFrame.Of(FrameKind.Welcome, Protocol.NoChannel, message.WrittenMemory));
    }

    private void Open(uint id, ReadOnlySpan<byte> payload)
    {
        if (id == Protocol.NoChannel)
            throw new ProtocolException("a request needs a channel");
        var channel = new Channel(this, id);
        if (!_channels.TryAdd(id, channel))
            throw new ProtocolException($"channel {id} is in use");
        if (_channels.Count > MaxChannels)
            Finish(channel, Answer(new OperationException(AgentStatus.Exhausted, "more than 256 requests are open")));
        else
            router.Route(channel, payload);
    }

    private void Feed(Channel channel, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        if (kind == FrameKind.Data)
            channel.Feed(payload);
        else if (kind == FrameKind.DataEnd)
            channel.End(Version >= 2 ? ReadExpiry(payload) : null);
        else if (kind == FrameKind.Credit)
            channel.AddCredit(payload);
        else
            channel.Cancel();
    }

    private static long ReadExpiry(ReadOnlySpan<byte> payload) => payload.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64LittleEndian(payload)
        : throw new ProtocolException($"{payload.Length} bytes at the end of content");

    private void Pong(uint channel, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPing)
            throw new ProtocolException($"a ping of {payload.Length} bytes");
        if (Version == 1)
        {
            Outbox.Control(OutFrame.Of(FrameKind.Pong, channel, payload.ToArray()));
            return;
        }
        var pong = new byte[sizeof(long) + payload.Length];
        BinaryPrimitives.WriteInt64LittleEndian(pong, Clock.Milliseconds);
        payload.CopyTo(pong.AsSpan(sizeof(long)));
        Outbox.Control(OutFrame.Of(FrameKind.Pong, channel, pong));
    }
}
