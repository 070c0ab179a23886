using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Tests.Agent;

namespace McpDevBench.Tests.Agents;

/// <summary>The server's end of a stream, and the agent's end in a test's hands.</summary>
internal sealed class StreamPair : IAsyncDisposable
{
    private readonly TcpClient _server = new();
    private readonly ushort _version;
    private TcpClient _agent = null!;

    private StreamPair(ushort version) => _version = version;

    public AgentConnection Connection { get; private set; } = null!;

    public NetworkStream Agent => _agent.GetStream();

    public static async Task<StreamPair> OpenAsync(
        TimeProvider? time = null, ushort version = Protocol.Version, IReadOnlyList<ExecPosition>? execs = null, byte[]? before = null)
    {
        var pair = new StreamPair(version);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await pair._server.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        pair._agent = await listener.AcceptTcpClientAsync();
        var opening = AgentConnection.OpenAsync(
            new EngineStream(new MultiplexedStream(pair._server.GetStream(), false)), new byte[Handshake.SecretLength], "test",
            time ?? TimeProvider.System, TestContext.Current.CancellationToken);
        var greeting = await pair.ReadAsync(Handshake.ServerLength);
        var welcome = new MessageWriter { Version = version };
        new Welcome(version, "test", Guid.NewGuid(), execs ?? []).Write(welcome);
        try
        {
            if (before is not null)
                await pair.Agent.WriteAsync(before, TestContext.Current.CancellationToken);
            await pair.Agent.WriteAsync(
                (byte[])[
                    .. Handshake.AgentMagic, .. greeting.AsSpan(Handshake.MagicLength + Handshake.SecretLength),
                    .. AgentClient.Frame(FrameKind.Welcome, 0, welcome.Written)],
                TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server has had enough already.
        }
        pair.Connection = await opening;
        await pair.ReadFrameAsync();
        return pair;
    }

    public void Send(FrameKind kind, uint channel, params ReadOnlySpan<byte> payload) =>
        Agent.Write(AgentClient.Frame(kind, channel, payload));

    /// <summary>A message of the protocol's, in the version of this stream.</summary>
    public void Send(FrameKind kind, Action<MessageWriter> write)
    {
        var message = new MessageWriter { Version = _version };
        write(message);
        Send(kind, Protocol.NoChannel, message.Written);
    }

    /// <summary>Answers a ping as an agent does.</summary>
    public void Pong(byte[] nonce) =>
        Send(FrameKind.Pong, Protocol.NoChannel, _version == 1 ? nonce : [.. new byte[sizeof(long)], .. nonce]);

    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await Agent.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    public async Task<FrameHeader> ReadFrameAsync() => (await ReadMessageAsync()).Header;

    public async Task<(FrameHeader Header, byte[] Message)> ReadMessageAsync()
    {
        var header = FrameHeader.Read(await ReadAsync(FrameHeader.Size));
        return (header, await ReadAsync(header.Length));
    }

    public ValueTask DisposeAsync()
    {
        Connection?.Dispose();
        _agent.Dispose();
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Takes whatever comes.</summary>
/// <param name="isNew">Whether it is new.</param>
internal sealed class Deaf(bool isNew = true) : AgentListener
{
    public int Pieces { get; private set; }

    public override void Connected(AgentLink link, Welcome welcome)
    {
    }

    public override bool Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content)
    {
        Pieces++;
        return isNew;
    }

    public override bool InBackground(AgentLink link, ExecBackground background) => isNew;

    public override bool Exited(AgentLink link, ExecExited exit) => isNew;

    public override void Lost(ContainerId container)
    {
    }
}
