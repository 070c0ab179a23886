using System.Buffers.Binary;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Tests.Agents;

/// <summary>A false agent: whatever it sends or leaves unread costs the server little, and then its stream.</summary>
public sealed class HostileAgentTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_that_never_reads_its_acknowledgements_loses_the_stream_before_they_pile_up()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = pair.Connection.RunAsync(null!, new Deaf());
        var sent = new List<Task>();
        while (!pair.Connection.Closed.IsCancellationRequested && sent.Count < 1_000_000)
            sent.Add(pair.Connection.AcknowledgeAsync(new ExecAck(Guid.NewGuid(), 0, Exit: true)));

        var broken = await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
        Assert.Contains("does not read", broken.Message, StringComparison.Ordinal);
        await Task.WhenAll(sent).WaitAsync(_patience);
    }

    [Fact]
    public async Task A_request_that_cannot_be_sent_goes_with_its_caller_and_is_never_sent()
    {
        await using var pair = await StreamPair.OpenAsync();
        _ = pair.Connection.RunAsync(null!, new Deaf());
        // Fills what the sockets hold between the two ends; the agent reads nothing.
        var filling = new List<AgentCall>();
        while (filling.Count < 1000 && (filling.Count == 0 || filling[^1].Sent.IsCompleted))
            filling.Add(pair.Connection.Call(Opcode.Batch, to => to.Bytes(new byte[Protocol.MaxPayload / 2])));
        Assert.False(filling[^1].Sent.IsCompleted);
        var call = pair.Connection.Call(Opcode.Stat, to => to.Bytes("never"u8));
        call.Abandon();
        await call.Sent.WaitAsync(_patience);

        foreach (var other in filling)
            other.Cancel();
        FrameHeader header;
        byte[] message;
        var requests = 0;
        do
        {
            (header, message) = await pair.ReadMessageAsync();
            Assert.NotEqual(call.Channel, header.Kind == FrameKind.Request ? header.Channel : 0);
            requests += header.Kind == FrameKind.Request ? 1 : 0;
        }
        while (header.Kind != FrameKind.Cancel || header.Channel != filling[^1].Channel);
        Assert.Equal(filling.Count, requests);
    }

    /// <summary>The import of a damaged archive was reported as undone while its folder was still there.</summary>
    [Fact]
    public async Task A_request_that_fails_here_has_failed_when_the_agent_has_given_it_up()
    {
        await using var pair = await StreamPair.OpenAsync();
        _ = pair.Connection.RunAsync(null!, new Deaf());
        var order = new List<string>();
        var failing = pair.Connection.CallAsync<int>(Opcode.Import, to => to.Bytes("x"u8), async call =>
        {
            await call.Sent;
            throw new InvalidDataException();
        }).ContinueWith(failed => order.Add($"{failed.Exception!.InnerException!.GetType().Name} is reported"), TaskScheduler.Default);
        FrameHeader header;
        do
            header = await pair.ReadFrameAsync();
        while (header.Kind != FrameKind.Cancel);
        order.Add("the agent is done");
        pair.Send(FrameKind.Response, header.Channel, (byte)AgentStatus.Cancelled);
        await failing.WaitAsync(_patience);
        Assert.Equal(["the agent is done", "InvalidDataException is reported"], order);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Protocol.Version)]
    public async Task A_ping_is_answered_by_who_has_read_it_and_an_answer_out_of_the_blue_ends_the_stream(int version)
    {
        await using var pair = await StreamPair.OpenAsync(version: (ushort)version);
        var running = RunAsync(pair, new Deaf());
        await pair.Connection.PingAsync();
        var (header, nonce) = await pair.ReadMessageAsync();
        Assert.Equal((FrameKind.Ping, sizeof(long)), (header.Kind, header.Length));
        pair.Pong(nonce);
        await Until(() => pair.Connection.Pongs == 1);

        // Twice is once too often: it was answered without being asked.
        pair.Pong(nonce);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
    }

    [Fact]
    public async Task A_blind_pong_does_not_pass_for_an_answer()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        await pair.Connection.PingAsync();
        pair.Pong(new byte[sizeof(long)]);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
        Assert.Equal(0, pair.Connection.Pongs);
    }

    [Theory]
    [InlineData(Protocol.MaxExecs + 1)]
    [InlineData(32_000)]
    public async Task A_welcome_with_more_execs_than_an_agent_can_have_is_refused_before_any_is_looked_at(int count)
    {
        var execs = Enumerable.Range(0, count).Select(_ => new ExecPosition(Guid.NewGuid(), 0, 0)).ToList();
        var broken = await Assert.ThrowsAsync<ProtocolException>(() => StreamPair.OpenAsync(execs: execs));
        Assert.Contains($"{count} execs", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_greeting_that_does_not_come_ends_after_so_many_bytes()
    {
        var broken = await Assert.ThrowsAsync<ProtocolException>(() => StreamPair.OpenAsync(before: new byte[20 << 20]));
        Assert.Contains("before its greeting", broken.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, FrameKind, uint, byte[]> NeverAsked() => new()
    {
        { "an answer", FrameKind.Response, 7, [(byte)AgentStatus.Ok] },
        { "content", FrameKind.Data, 7, [1] },
        { "an end of content", FrameKind.DataEnd, 7, [] },
        { "credit", FrameKind.Credit, 7, [1, 0, 0, 0] },
        { "content on no channel", FrameKind.Data, 0, [1] },
    };

    [Theory]
    [MemberData(nameof(NeverAsked))]
    public async Task What_belongs_to_no_request_ends_the_stream(string what, FrameKind kind, uint channel, byte[] payload)
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        pair.Send(kind, channel, payload);
        Assert.NotNull(await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience)));
        Assert.True(pair.Connection.Closed.IsCancellationRequested, what);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public async Task Credit_for_nothing_ends_the_stream(uint bytes)
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        var call = pair.Connection.Call(Opcode.Write, static _ => { });
        var credit = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(credit, bytes);
        pair.Send(FrameKind.Credit, call.Channel, credit);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
    }

    [Fact]
    public async Task A_second_answer_ends_the_stream()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        var call = pair.Connection.Call(Opcode.Stat, static _ => { });
        pair.Send(FrameKind.Response, call.Channel, (byte)AgentStatus.Ok);
        pair.Send(FrameKind.Response, call.Channel, (byte)AgentStatus.Ok);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
    }

    [Fact]
    public async Task The_answer_to_an_abandoned_request_is_taken_and_its_content_dropped()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        var call = pair.Connection.Call(Opcode.Read, static _ => { });
        call.Abandon();
        for (var i = 0; i < Protocol.InitialCredit / Protocol.MaxData; i++)
            pair.Send(FrameKind.Data, call.Channel, new byte[Protocol.MaxData]);
        pair.Send(FrameKind.Response, call.Channel, (byte)AgentStatus.Cancelled);
        // What was under way behind it means nothing.
        pair.Send(FrameKind.DataEnd, call.Channel);
        var next = pair.Connection.Call(Opcode.Stat, static _ => { });
        pair.Send(FrameKind.Response, next.Channel, (byte)AgentStatus.Ok);
        await Until(() => next.HasAnswer);
        Assert.False(running.IsCompleted);

        var beyond = pair.Connection.Call(Opcode.Read, static _ => { });
        beyond.Abandon();
        for (var i = 0; i <= Protocol.InitialCredit / Protocol.MaxData; i++)
            pair.Send(FrameKind.Data, beyond.Channel, new byte[Protocol.MaxData]);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
    }

    [Fact]
    public async Task One_that_answers_nothing_loses_the_stream_before_unanswered_requests_pile_up()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf());
        var reading = pair.Agent.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        for (var i = 0; i < CallTable.MaxUnanswered; i++)
            pair.Connection.Call(Opcode.Stat, static _ => { }).Abandon();
        Assert.False(pair.Connection.Closed.IsCancellationRequested);
        pair.Connection.Call(Opcode.Stat, static _ => { }).Abandon();
        var broken = await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
        Assert.Contains("without an answer", broken.Message, StringComparison.Ordinal);
        await reading.WaitAsync(_patience);
    }

    [Fact]
    public async Task Content_in_single_bytes_takes_no_more_room_than_in_one_piece()
    {
        var received = new ReceivedContent();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Protocol.InitialCredit; i++)
            received.Add([(byte)i]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * Protocol.InitialCredit);
        Assert.Throws<ProtocolException>(() => received.Add([1]));
        Assert.Equal(Protocol.InitialCredit, (await received.TakeAsync(TestContext.Current.CancellationToken))!.Length);
        received.Complete();
        Assert.Null(await received.TakeAsync(TestContext.Current.CancellationToken));
        Assert.Throws<ProtocolException>(() => received.Add([1]));
    }

    [Fact]
    public async Task What_says_nothing_new_is_borne_with_for_a_while()
    {
        await using var pair = await StreamPair.OpenAsync();
        var running = RunAsync(pair, new Deaf(isNew: false));
        for (var i = 0; i < StrayFrames.Max; i++)
            SendOutput(pair, new byte[2048]);
        var call = pair.Connection.Call(Opcode.Stat, static _ => { });
        pair.Send(FrameKind.Response, call.Channel, (byte)AgentStatus.Ok);
        await Until(() => call.HasAnswer);
        SendOutput(pair, new byte[2048]);
        await Assert.ThrowsAsync<ProtocolException>(() => running.WaitAsync(_patience));
    }

    [Fact]
    public async Task Small_frames_are_read_at_a_pace_and_large_ones_as_they_come()
    {
        var time = new SteppedTime();
        await using var pair = await StreamPair.OpenAsync(time);
        var heard = new Deaf();
        _ = RunAsync(pair, heard);
        for (var i = 0; i < 10_000; i++)
            SendOutput(pair, new byte[2048]);
        await Until(() => heard.Pieces == 10_000);

        var sending = Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                    SendOutput(pair, [1]);
            },
            TestContext.Current.CancellationToken);
        await Until(() => time.IsAwaited);
        // A buffer full may be there already when the share is used up.
        Assert.InRange(heard.Pieces - 10_000, 1, ReadPace.PerSecond + 6_000);
        while (heard.Pieces < 30_000)
        {
            await time.AdvanceAsync(TimeSpan.FromMilliseconds(25), Until(() => heard.Pieces == 30_000));
        }
        await sending;
        Assert.True(time.GetUtcNow() - SteppedTime.Start >= TimeSpan.FromSeconds(2), $"{time.GetUtcNow() - SteppedTime.Start}");
    }

    private static Task RunAsync(StreamPair pair, AgentListener listener) => pair.Connection.RunAsync(null!, listener);

    private static void SendOutput(StreamPair pair, byte[] content) => pair.Send(FrameKind.ExecOutput, to =>
    {
        new ExecOutput(Guid.Empty, 0, OutputStream.Stdout, 0).Write(to);
        foreach (var value in content)
            to.Byte(value);
    });

    private static async Task Until(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(_patience);
        while (!condition())
            await Task.Delay(1, timeout.Token);
    }
}
