using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Tests.Agent;

namespace McpDevBench.Tests.Agents;

/// <summary>An agent that somebody in the workspace has replaced: the server's end of the stream trusts nothing that comes.</summary>
public sealed class AgentConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = Eventually.Timeout;

    private readonly TcpClient _server = new();
    private TcpClient _agent = null!;
    private AgentConnection _connection = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await _server.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        _agent = await listener.AcceptTcpClientAsync();
        var opening = AgentConnection.OpenAsync(
            new EngineStream(new MultiplexedStream(_server.GetStream(), false)), new byte[Handshake.SecretLength], "test",
            TimeProvider.System, TestContext.Current.CancellationToken);
        var greeting = await ReadAsync(Handshake.ServerLength);
        var welcome = new MessageWriter { Version = Protocol.Version };
        new Welcome(Protocol.Version, "test", Guid.NewGuid(), []).Write(welcome);
        _agent.GetStream().Write([.. Handshake.AgentMagic, .. greeting.AsSpan(Handshake.MagicLength + Handshake.SecretLength), .. AgentClient.Frame(FrameKind.Welcome, 0, welcome.Written)]);
        _connection = await opening;
        await ReadFrameAsync();
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _agent.Dispose();
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string, byte[]> NoAnswers() => new()
    {
        { "nothing at all", [] },
        { "half a number", [(byte)AgentStatus.Ok, 1, 0, 0] },
        { "no boolean", [(byte)AgentStatus.Ok, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { "more memory than there is", [(byte)AgentStatus.Ok, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0] },
    };

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task What_is_no_answer_ends_the_stream_and_its_caller_may_try_again(string what, byte[] answer)
    {
        var running = _connection.RunAsync(null!, new Deaf());
        var call = _connection.CallAsync(Opcode.Usage, static _ => { }, call => call.AnswerAsync(ContainerUsage.Read, TestContext.Current.CancellationToken));
        var request = await ReadFrameAsync();
        _agent.GetStream().Write(AgentClient.Frame(FrameKind.Response, request.Channel, answer));

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => call);
        Assert.True(refusal.Retryable, what);
        await Assert.ThrowsAsync<ProtocolException>(() => running);
        Assert.True(_connection.Closed.IsCancellationRequested, what);
        Assert.Equal(0, _agent.GetStream().Read(new byte[1]));
    }

    [Fact]
    public async Task Content_without_any_ends_the_stream()
    {
        var running = _connection.RunAsync(null!, new Deaf());
        var call = _connection.Call(Opcode.Read, static _ => { });
        var request = await ReadFrameAsync();
        _agent.GetStream().Write(AgentClient.Frame(FrameKind.Data, request.Channel, []));

        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
        await Assert.ThrowsAsync<RefusalException>(async () => await call.ReceiveAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_a_cancellation_is_not_waited_for()
    {
        var running = _connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = _connection.CallAsync(Opcode.Usage, static _ => { }, call => call.AnswerAsync(ContainerUsage.Read, patience.Token));
        await ReadFrameAsync();
        await patience.CancelAsync();

        Assert.Equal(FrameKind.Cancel, (await ReadFrameAsync()).Kind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience));
        Assert.False(_connection.Closed.IsCancellationRequested);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task An_answer_that_was_under_way_when_it_was_cancelled_counts()
    {
        _ = _connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = _connection.CallAsync(Opcode.ExecStart, static _ => { }, call => call.AnswerAsync(ExecStarted.Read, patience.Token));
        var request = await ReadFrameAsync();
        await patience.CancelAsync();
        Assert.Equal(FrameKind.Cancel, (await ReadFrameAsync()).Kind);
        _agent.GetStream().Write(AgentClient.Frame(FrameKind.Response, request.Channel, [(byte)AgentStatus.Ok, 7, 0, 0, 0, 0, 0, 0, 0]));

        Assert.Equal(7, (await call).Pid);
    }

    [Fact]
    public async Task An_answer_that_comes_after_its_caller_has_gone_still_tells_whether_a_command_began()
    {
        var running = _connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = _connection.Call(Opcode.ExecStart, static _ => { });
        var request = await ReadFrameAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.AnswerAsync(ExecStarted.Read, patience.Token).WaitAsync(_patience));
        Assert.False(call.HasAnswer);

        _agent.GetStream().Write(AgentClient.Frame(FrameKind.Response, request.Channel, [(byte)AgentStatus.Ok, 7, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal(AgentStatus.Ok, await call.LateAnswerAsync().WaitAsync(_patience));
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task A_stream_that_ends_without_an_answer_leaves_open_whether_a_command_began()
    {
        _ = _connection.RunAsync(null!, new Deaf());
        var call = _connection.Call(Opcode.ExecStart, static _ => { });
        _connection.Dispose();
        Assert.Null(await call.LateAnswerAsync().WaitAsync(_patience));
    }

    [Fact]
    public async Task A_request_carries_the_moment_at_which_its_caller_gives_up_and_none_outside_of_a_call()
    {
        using (CallDeadline.Begin(TimeProvider.System, TimeSpan.FromHours(1), CancellationToken.None))
            _connection.Call(Opcode.Stat, static _ => { });
        var (_, limited) = await ReadMessageAsync();
        CallDeadline.Leave();
        _connection.Call(Opcode.Stat, static _ => { });
        var (_, unlimited) = await ReadMessageAsync();

        Assert.InRange(
            ExpiryIn(limited), (long)TimeSpan.FromMinutes(59).TotalMilliseconds, (long)TimeSpan.FromMinutes(61).TotalMilliseconds);
        Assert.Equal(0, ExpiryIn(unlimited));
    }

    private static long ExpiryIn(byte[] message)
    {
        var reader = new MessageReader(message) { Version = Protocol.Version };
        return RequestHeader.Read(ref reader).ExpiresAt;
    }

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _agent.GetStream().ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private async Task<FrameHeader> ReadFrameAsync() => (await ReadMessageAsync()).Header;

    private async Task<(FrameHeader Header, byte[] Message)> ReadMessageAsync()
    {
        var header = FrameHeader.Read(await ReadAsync(FrameHeader.Size));
        return (header, await ReadAsync(header.Length));
    }

    private sealed class Deaf : AgentListener
    {
        public override void Connected(AgentLink link, Welcome welcome)
        {
        }

        public override void Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content)
        {
        }

        public override void InBackground(AgentLink link, ExecBackground background)
        {
        }

        public override void Exited(AgentLink link, ExecExited exit)
        {
        }

        public override void Lost(string dockerId)
        {
        }
    }
}
