using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Tests.Agent;

namespace McpDevBench.Tests.Agents;

/// <summary>An agent that somebody in the workspace has replaced: the server's end of the stream trusts nothing that comes.</summary>
public sealed class AgentConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = Eventually.Timeout;

    private StreamPair _pair = null!;

    private AgentConnection Connection => _pair.Connection;

    public async ValueTask InitializeAsync() => _pair = await StreamPair.OpenAsync();

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

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
        var running = Connection.RunAsync(null!, new Deaf());
        var call = Connection.CallAsync(
            Opcode.Usage, static _ => { }, call => call.AnswerAsync(ContainerUsage.Read, TestContext.Current.CancellationToken));
        var request = await _pair.ReadFrameAsync();
        _pair.Agent.Write(AgentClient.Frame(FrameKind.Response, request.Channel, answer));

        var refusal = await Assert.ThrowsAsync<RequestException>(() => call);
        Assert.True(refusal.Retryable, what);
        await Assert.ThrowsAsync<ProtocolException>(() => running);
        Assert.True(Connection.Closed.IsCancellationRequested, what);
        Assert.Equal(0, _pair.Agent.Read(new byte[1]));
    }

    [Fact]
    public async Task Content_without_any_ends_the_stream()
    {
        var running = Connection.RunAsync(null!, new Deaf());
        var call = Connection.Call(Opcode.Read, static _ => { });
        var request = await _pair.ReadFrameAsync();
        _pair.Agent.Write(AgentClient.Frame(FrameKind.Data, request.Channel, []));

        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
        await Assert.ThrowsAsync<RequestException>(async () => await call.ReceiveAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_a_cancellation_is_not_waited_for()
    {
        var running = Connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = Connection.CallAsync(Opcode.Usage, static _ => { }, call => call.AnswerAsync(ContainerUsage.Read, patience.Token));
        await _pair.ReadFrameAsync();
        await patience.CancelAsync();

        Assert.Equal(FrameKind.Cancel, (await _pair.ReadFrameAsync()).Kind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience));
        Assert.False(Connection.Closed.IsCancellationRequested);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task An_answer_that_was_under_way_when_it_was_cancelled_counts()
    {
        _ = Connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = Connection.CallAsync(Opcode.ExecStart, static _ => { }, call => call.AnswerAsync(ExecStarted.Read, patience.Token));
        var request = await _pair.ReadFrameAsync();
        await patience.CancelAsync();
        Assert.Equal(FrameKind.Cancel, (await _pair.ReadFrameAsync()).Kind);
        _pair.Agent.Write(AgentClient.Frame(FrameKind.Response, request.Channel, [(byte)AgentStatus.Ok, 7, 0, 0, 0, 0, 0, 0, 0]));

        Assert.Equal(7, (await call).Pid);
    }

    [Fact]
    public async Task An_answer_that_comes_after_its_caller_has_gone_still_tells_whether_a_command_began()
    {
        var running = Connection.RunAsync(null!, new Deaf());
        using var patience = new CancellationTokenSource();
        var call = Connection.Call(Opcode.ExecStart, static _ => { });
        var request = await _pair.ReadFrameAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => call.AnswerAsync(ExecStarted.Read, patience.Token).WaitAsync(_patience));
        Assert.False(call.HasAnswer);

        _pair.Agent.Write(AgentClient.Frame(FrameKind.Response, request.Channel, [(byte)AgentStatus.Ok, 7, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal(AgentStatus.Ok, await call.LateAnswerAsync().WaitAsync(_patience));
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task A_stream_that_ends_without_an_answer_leaves_open_whether_a_command_began()
    {
        _ = Connection.RunAsync(null!, new Deaf());
        var call = Connection.Call(Opcode.ExecStart, static _ => { });
        Connection.Dispose();
        Assert.Null(await call.LateAnswerAsync().WaitAsync(_patience));
    }

    [Fact]
    public async Task A_request_carries_the_moment_at_which_its_caller_gives_up_and_none_outside_of_a_call()
    {
        using (CallDeadline.Begin(TimeProvider.System, TimeSpan.FromHours(1), CancellationToken.None))
            Connection.Call(Opcode.Stat, static _ => { });
        var (_, limited) = await _pair.ReadMessageAsync();
        CallDeadline.Leave();
        Connection.Call(Opcode.Stat, static _ => { });
        var (_, unlimited) = await _pair.ReadMessageAsync();

        Assert.InRange(
            ExpiryIn(limited), (long)TimeSpan.FromMinutes(59).TotalMilliseconds, (long)TimeSpan.FromMinutes(61).TotalMilliseconds);
        Assert.Equal(0, ExpiryIn(unlimited));
    }

    private static long ExpiryIn(byte[] message)
    {
        var reader = new MessageReader(message) { Version = Protocol.Version };
        return RequestHeader.Read(ref reader).ExpiresAt;
    }
}
