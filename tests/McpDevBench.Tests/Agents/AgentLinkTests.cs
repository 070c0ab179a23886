using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Agents;

/// <summary>The connection to an agent: failures of the engine or the stream are retried, and its end is always reported.</summary>
public sealed class AgentLinkTests
{
    private static readonly ContainerId Box = new("box");
    private static readonly TimeSpan Timeout = Eventually.Timeout;

    private readonly Heard _heard = new();
    private readonly Hooks _log = new();
    private readonly Hurry _time = new();

    [Theory]
    [InlineData("version")]
    [InlineData("inspect")]
    [InlineData("attach")]
    public async Task An_engine_that_answers_with_an_error_is_asked_again(string failing)
    {
        var failures = 0;
        using var scripted = new ScriptedEngine(
            call => call == "exec_create" || (call == failing && Interlocked.Increment(ref failures) <= 2), agent => agent.SilenceAsync());
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        var connection = await agents.Get(Box).ConnectionAsync(CancellationToken.None).WaitAsync(Timeout);

        Assert.False(connection.Closed.IsCancellationRequested);
        Assert.True(failures > 2, $"{failures} calls");
    }

    [Fact]
    public async Task The_end_of_a_container_is_reported_though_the_engine_fails()
    {
        using var scripted = new ScriptedEngine(call => call == "inspect", agent => agent.SilenceAsync());
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        await _log.Seen("Could not connect to agent; retrying");
        await agents.LoseAsync(Box).WaitAsync(Timeout);

        Assert.Equal([Box], _heard.LostContainers);
    }

    [Fact]
    public async Task A_disposed_engine_fails_no_connection()
    {
        using var scripted = new ScriptedEngine(_ => false, agent => agent.SilenceAsync());
        var engine = scripted.Connect();
        await using var agents = Directory(engine);
        engine.Dispose();

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        await _log.Seen("Could not connect to agent; retrying");
        await agents.LoseAsync(Box).WaitAsync(Timeout);

        Assert.Equal([Box], _heard.LostContainers);
    }

    [Fact]
    public async Task A_connection_that_ends_just_as_its_stream_comes_up_ends_the_stream_too()
    {
        using var scripted = new ScriptedEngine(_ => false, agent => agent.SilenceAsync());
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);
        var ended = new TaskCompletionSource<Task>();
        _log.On("Reconnected to agent", () =>
        {
            ended.SetResult(agents.ForgetAsync(Box));
            // Until it has looked for a stream, which has not been handed out yet.
            Thread.Sleep(200);
        });

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        await (await ended.Task.WaitAsync(Timeout)).WaitAsync(Timeout);
        Assert.Null(agents.TryGet(Box));
    }

    [Fact]
    public async Task A_stream_that_has_ended_is_not_handed_out()
    {
        var streams = 0;
        // The server knows of a stream a moment before the agent on it starts to count.
        var second = new TaskCompletionSource();
        using var scripted = new ScriptedEngine(_ => false, agent =>
        {
            if (Interlocked.Increment(ref streams) == 1)
                return Task.CompletedTask;
            second.TrySetResult();
            return agent.SilenceAsync();
        });
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);
        var asked = new TaskCompletionSource<Task<AgentConnection>>();
        // Logged before anything else can know.
        _log.On("Stream to an agent ended", () => asked.TrySetResult(agents.Get(Box).ConnectionAsync(CancellationToken.None)));

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        var connection = await (await asked.Task.WaitAsync(Timeout)).WaitAsync(Timeout);

        await second.Task.WaitAsync(Timeout);
        Assert.False(connection.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task An_agent_that_breaks_the_protocol_again_and_again_is_asked_ever_more_seldom()
    {
        var streams = new SemaphoreSlim(0);
        using var scripted = new ScriptedEngine(_ => false, async agent =>
        {
            streams.Release();
            FrameHeader header;
            byte[] nonce;
            do
                (header, nonce) = await agent.ReadAsync();
            while (header.Kind != FrameKind.Ping);
            await agent.SendAsync(FrameKind.Pong, 0, [.. new byte[sizeof(long)], .. nonce]);
            await agent.SendAsync(FrameKind.Hello, 0, []);
        });
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);

        agents.Resume(Box, new byte[Handshake.SecretLength]);
        for (var i = 0; i < 4; i++)
            Assert.True(await streams.WaitAsync(Timeout));

        Assert.Equal([400, 800, 1600], _time.Waits.Take(3));
    }

    [Fact]
    public async Task An_agent_that_answers_only_pings_leaves_no_request_without_an_answer()
    {
        using var scripted = new ScriptedEngine(_ => false, async agent =>
        {
            while (true)
            {
                var (header, nonce) = await agent.ReadAsync();
                if (header.Kind == FrameKind.Ping)
                    await agent.SendAsync(FrameKind.Pong, 0, [.. new byte[sizeof(long)], .. nonce]);
            }
        });
        using var engine = scripted.Connect();
        await using var agents = Directory(engine);
        agents.Resume(Box, new byte[Handshake.SecretLength]);
        var link = agents.Get(Box);
        foreach (var isTransfer in new[] { false, true })
        {
            foreach (var use in new Func<AgentCall, CancellationToken, Task<bool>>[]
            {
                async (call, token) => await call.AnswerAsync(static (ref _) => true, token),
                async (call, token) => await call.ReceiveAsync(token) is null,
                async (call, token) =>
                {
                    await call.SendAsync(new byte[Protocol.InitialCredit + 1], token);
                    return true;
                },
            })
            {
                using var deadline = isTransfer
                    ? CallDeadline.BeginTransfer(TimeProvider.System, CancellationToken.None)
                    : CallDeadline.Begin(TimeProvider.System, TimeSpan.FromMinutes(1), CancellationToken.None);
                deadline.Set(TimeSpan.FromSeconds(1));
                var error = await Assert.ThrowsAsync<RequestException>(() => AgentSilence.ExplainAsync(
                    link,
                    async () => await (await link.ConnectionAsync(deadline.Token)).CallAsync(
                        Opcode.Stat, to => to.Bytes("x"u8), call => use(call, deadline.Token)),
                    "Nothing was changed.").WaitAsync(Timeout));
                Assert.Equal(ErrorCode.Timeout, error.Code);
                Assert.Contains("did not answer within", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private AgentDirectory Directory(DockerEngine engine) =>
        new(
            new AgentTransports(engine, new EngineContainers(engine, _time, NullLogger<EngineContainers>.Instance)), _heard,
            Metering.Catalogue(), _time, _log);

    private sealed class Heard : AgentListener
    {
        private readonly ConcurrentQueue<ContainerId> _lost = [];

        public IReadOnlyList<ContainerId> LostContainers => [.. _lost];

        public override void Connected(AgentLink link, Welcome welcome)
        {
        }

        public override bool Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content) => true;

        public override bool InBackground(AgentLink link, ExecBackground background) => true;

        public override bool Exited(AgentLink link, ExecExited exit) => true;

        public override void Lost(ContainerId container) => _lost.Enqueue(container);
    }

    /// <summary>Does something at the moment at which a sentence is logged, on the thread that logs it.</summary>
    private sealed class Hooks : ILogger<AgentDirectory>
    {
        private readonly ConcurrentDictionary<string, Action> _actions = [];
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _seen = [];

        public void On(string sentence, Action action) => _actions[sentence] = action;

        public Task Seen(string sentence) => _seen.GetOrAdd(sentence, static _ => new()).Task.WaitAsync(Timeout);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var sentence = formatter(state, exception);
            _seen.GetOrAdd(sentence, static _ => new()).TrySetResult();
            if (_actions.TryRemove(sentence, out var action))
                action();
        }
    }

    /// <summary>A clock on which waits of some seconds are over at once, but written down; pings are as ever.</summary>
    private sealed class Hurry : TimeProvider
    {
        private readonly ConcurrentQueue<double> _waits = [];

        /// <summary>In milliseconds.</summary>
        public IReadOnlyList<double> Waits => [.. _waits];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.FromSeconds(10) || dueTime < TimeSpan.Zero)
                return base.CreateTimer(callback, state, dueTime, period);
            _waits.Enqueue(dueTime.TotalMilliseconds);
            return base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
        }
    }
}
