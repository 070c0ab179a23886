using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Tests.Agent;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Agents;

/// <summary>An engine that can be made to fail: one container that runs, and for each attach a stream to whoever plays its agent.</summary>
/// <param name="refuses">Whether a call (version, info, inspect, attach, update, remove, exec_create) is answered with an error.</param>
/// <param name="agent">Plays the agent from its welcome on; the stream ends with it.</param>
internal sealed class ScriptedEngine(Func<string, bool> refuses, Func<ScriptedAgent, Task> agent) : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    /// <summary>The answer to an attach, after which the connection is the stream.</summary>
    public static byte[] Upgraded { get; } =
        [
            .. "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n"u8,
            .. "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"u8,
        ];

    /// <summary>What the agent lists in its welcome.</summary>
    public IReadOnlyList<ExecPosition> Execs { get; init; } = [];

    public DockerEngine Connect()
    {
        _listener.Start();
        _ = ListenAsync();
        var host = new Dictionary<string, string?> { ["MCP_DOCKER_HOST"] = $"tcp://{_listener.LocalEndpoint}" };
        var options = EngineOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(host).Build()));
        return new DockerEngine(options, Metering.Catalogue(), TimeProvider.System, NullLogger<DockerEngine>.Instance);
    }

    public void Dispose() => _listener.Dispose();

    private async Task ListenAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = client.GetStream();
            var (call, answer) = Answer(await HeadAsync(stream));
            if (refuses(call))
                await SendAsync(stream, "500 Internal Server Error", """{"message":"the engine has a bad day"}""");
            else if (call == "attach")
                await AttachAsync(stream);
            else
                await SendAsync(stream, "200 OK", answer);
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The server has ended the stream.
        }
    }

    private async Task AttachAsync(NetworkStream stream)
    {
        await stream.WriteAsync(Upgraded);
        var scripted = new ScriptedAgent(stream);
        await scripted.GreetAsync(Execs);
        await agent(scripted);
    }

    private static (string Call, string Answer) Answer(string head) => head.Split(' ')[1] switch
    {
        _ when head.StartsWith("DELETE", StringComparison.Ordinal) => ("remove", ""),
        var path when path.EndsWith("/update", StringComparison.Ordinal) => ("update", """{"Warnings":[]}"""),
        var path when path.EndsWith("/version", StringComparison.Ordinal) => (
            "version", """{"Version":"28.0","ApiVersion":"1.51","MinAPIVersion":"1.24","Arch":"amd64"}"""),
        var path when path.EndsWith("/info", StringComparison.Ordinal) => ("info", """{"ID":"scripted","NCPU":2}"""),
        var path when path.EndsWith("/json", StringComparison.Ordinal) => (
            "inspect", """{"Id":"box","State":{"Status":"running"},"Config":{"Tty":false}}"""),
        var path when path.Contains("/attach", StringComparison.Ordinal) => ("attach", ""),
        _ => ("exec_create", """{"Id":"exec"}"""),
    };

    private static async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(next);
            head.Append((char)next[0]);
        }
        return head.ToString();
    }

    private static async Task SendAsync(NetworkStream stream, string status, string body) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
}

/// <summary>The agent's end of one stream, in a test's hands.</summary>
internal sealed class ScriptedAgent(NetworkStream stream)
{
    public async Task GreetAsync(IReadOnlyList<ExecPosition> execs, uint user = 0)
    {
        var greeting = new byte[Handshake.ServerLength];
        await stream.ReadExactlyAsync(greeting);
        var welcome = new MessageWriter { Version = Protocol.Version };
        new Welcome(Protocol.Version, "test", Guid.NewGuid(), execs, User: user).Write(welcome);
        await WriteAsync(
        [
            .. Handshake.AgentMagic, .. greeting.AsSpan(Handshake.MagicLength + Handshake.SecretLength),
            .. AgentClient.Frame(FrameKind.Welcome, 0, welcome.Written),
        ]);
        await ReadAsync();
    }

    public async Task<(FrameHeader Header, byte[] Payload)> ReadAsync()
    {
        var head = new byte[FrameHeader.Size];
        await stream.ReadExactlyAsync(head);
        var header = FrameHeader.Read(head);
        var payload = new byte[header.Length];
        await stream.ReadExactlyAsync(payload);
        return (header, payload);
    }

    public Task SendAsync(FrameKind kind, uint channel, byte[] payload) => WriteAsync(AgentClient.Frame(kind, channel, payload));

    public Task SendAsync(FrameKind kind, Action<MessageWriter> write)
    {
        var message = new MessageWriter { Version = Protocol.Version };
        write(message);
        return SendAsync(kind, Protocol.NoChannel, message.Written.ToArray());
    }

    /// <summary>Says nothing until the server ends the stream.</summary>
    public Task SilenceAsync() => stream.CopyToAsync(Stream.Null);

    /// <summary>As Docker does: standard output, so many bytes.</summary>
    private async Task WriteAsync(byte[] bytes)
    {
        var chunk = new byte[8 + bytes.Length];
        chunk[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(4), bytes.Length);
        bytes.CopyTo(chunk, 8);
        await stream.WriteAsync(chunk);
    }
}
