using System.Buffers.Binary;
using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>Handles the frames that the server sends in one session. On the loop's thread.</summary>
internal sealed class SessionHandler(Session session, RequestRouter router, ExecTable execs)
{
    private const int MaxChannels = 256;
    private const int MaxPing = 64;

    public Session Session => session;

    private bool IsGreeted => session.Version > 0;

    public void Handle(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!IsGreeted && header.Kind != FrameKind.Hello)
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
                var reader = new MessageReader(payload) { Version = session.Version };
                var acknowledged = ExecAck.Read(ref reader);
                reader.End();
                execs.Acknowledge(acknowledged);
                break;
            case FrameKind.Data or FrameKind.DataEnd or FrameKind.Credit or FrameKind.Cancel:
                // A channel that does not exist has just been answered: what is still under way for it means nothing.
                if (session.TryFind(header.Channel, out var channel))
                    Feed(channel, header.Kind, payload);
                break;
            default:
                throw new ProtocolException($"{header.Kind} is not for the server to send");
        }
    }

    private void Greet(ReadOnlySpan<byte> payload)
    {
        if (IsGreeted)
            throw new ProtocolException("a second Hello");
        var reader = new MessageReader(payload) { Version = Protocol.HandshakeVersion };
        var hello = Hello.Read(ref reader);
        reader.End();
        if (hello.Version < Protocol.MinVersion)
            throw new ProtocolException($"the server speaks version {hello.Version}, at least {Protocol.MinVersion} is required");
        session.Version = Math.Min(hello.Version, Protocol.Version);
        var message = new MessageWriter { Version = session.Version };
        // An invalid user id changes nothing, and returns whose files the agent works on.
        var user = Libc.setfsuid(uint.MaxValue);
        var mounts = session.Version >= 3 ? MountTable.Read() : [];
        (execs.Welcome(session.Version) with { Mounts = mounts, User = user }).Write(message);
        session.Outbox.Control(OutFrame.Of(FrameKind.Welcome, Protocol.NoChannel, message.WrittenMemory));
    }

    private void Open(uint id, ReadOnlySpan<byte> payload)
    {
        var channel = session.Open(id);
        if (session.OpenChannels <= MaxChannels)
            router.Route(channel, payload);
        else
            session.Finish(channel, session.Answer(new OperationException(AgentStatus.Exhausted, "more than 256 requests are open")));
    }

    private void Feed(Channel channel, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        if (kind == FrameKind.Data)
            channel.Feed(payload);
        else if (kind == FrameKind.DataEnd)
            channel.End(session.Version >= 2 ? ReadExpiry(payload) : null);
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
        if (session.Version == 1)
        {
            session.Outbox.Control(OutFrame.Of(FrameKind.Pong, channel, payload.ToArray()));
            return;
        }
        var pong = new byte[sizeof(long) + payload.Length];
        BinaryPrimitives.WriteInt64LittleEndian(pong, Clock.Milliseconds);
        payload.CopyTo(pong.AsSpan(sizeof(long)));
        session.Outbox.Control(OutFrame.Of(FrameKind.Pong, channel, pong));
    }
}
