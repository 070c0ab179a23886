using System.Security.Cryptography;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>The conversation itself: reconnecting, secrets and credit.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly AgentProcess _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void A_new_handshake_in_the_middle_of_output_loses_no_byte_and_repeats_none()
    {
        var client = _agent.Connect();
        var exec = client.Shell("i=0; while [ $i -lt 60000 ]; do echo line $i; i=$((i+1)); done");
        for (var cut = 0; cut < 8; cut++)
        {
            var goal = client.Record(exec).End + 30_000;
            SpinWait.SpinUntil(() => client.Record(exec).End > goal, 2_000);
            // The last server dies in the middle of a frame, as large as one can be.
            var frame = AgentClient.Frame(FrameKind.Request, 77, new byte[Protocol.MaxPayload]);
            client.Raw(frame.AsSpan(0, RandomNumberGenerator.GetInt32(1, 40_000)));
            client.Shake(_agent.Secret);
            client.Resume();
        }
        client.Record(exec).Wait();
        Assert.Equal(string.Concat(Enumerable.Range(0, 60_000).Select(i => $"line {i}\n")), client.Record(exec).Stdout);
    }

    [Fact]
    public void A_handshake_that_is_cut_and_begun_again_at_any_byte_is_understood()
    {
        var client = _agent.Connect();
        byte[] opening = [.. Handshake.ServerMagic, .. _agent.Secret, .. RandomNumberGenerator.GetBytes(32)];
        for (var cut = 1; cut < opening.Length; cut += 3)
        {
            client.Raw(opening.AsSpan(0, cut));
            if (cut % 2 == 0)
                Thread.Sleep(1);
            client.Shake(_agent.Secret);
            Assert.Equal([1, 2], client.Ping([1, 2]));
        }
    }

    [Fact]
    public void A_server_that_was_gone_goes_on_where_it_was_through_the_bridge()
    {
        var first = _agent.Connect();
        var boot = first.Welcome.Boot;
        var exec = first.Shell("i=0; while [ $i -lt 200000 ]; do echo $i; i=$((i+1)); done; exit 5");
        Eventually.Is(() => first.Record(exec).End > 50_000, "output arrives");
        first.Die();
        var second = _agent.ConnectBridge();
        second.Execs.TryAdd(exec, first.Record(exec));
        Assert.Equal(boot, second.Welcome.Boot);
        Assert.Equal(exec, Assert.Single(second.Welcome.Execs).Key);
        second.Resume();
        Assert.Equal(5, second.Record(exec).Wait().Code);
        Assert.Equal(string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i}\n")), second.Record(exec).Stdout);
    }

    [Fact]
    public void Nothing_of_an_exec_is_sent_on_a_new_stream_before_it_is_asked_for()
    {
        var first = _agent.Connect();
        first.Acknowledges = false;
        var exec = first.Shell("echo one; sleep 0.2; echo two");
        first.Record(exec).Wait();
        var second = _agent.ConnectBridge();
        second.Acknowledges = false;
        var position = Assert.Single(second.Welcome.Execs);
        Assert.Equal(new ExecPosition(exec, 0, 8), position);
        Assert.False(SpinWait.SpinUntil(() => !second.Execs.IsEmpty, 200));
        second.Ack(exec, 0);
        Assert.Equal(8ul, second.Record(exec).Wait().Produced);
        Assert.Equal("one\ntwo\n", second.Record(exec).Stdout);
        // The exit is sent again and again, until it is acknowledged.
        var third = _agent.ConnectBridge();
        third.Acknowledges = false;
        third.Record(exec).Add(new ExecOutput(exec, 0, OutputStream.Stdout, 0), Bytes("one\ntwo\n"));
        third.Ack(exec, 8);
        third.Record(exec).Wait();
        third.Ack(exec, 8, exit: true);
        Assert.Empty(_agent.ConnectBridge().Welcome.Execs);
    }

    [Fact]
    public void The_newest_server_is_the_one_that_counts()
    {
        var stdio = _agent.Connect();
        var first = _agent.ConnectBridge();
        var second = _agent.ConnectBridge();
        Assert.True(first.WaitForEnd());
        Assert.Equal([9], second.Ping([9]));
        stdio.Shake(_agent.Secret);
        Assert.True(second.WaitForEnd());
        Assert.Equal([8], stdio.Ping([8]));
    }

    [Fact]
    public void No_peer_connects_with_a_wrong_secret_or_before_there_is_one()
    {
        var tooEarly = _agent.StartBridge();
        Assert.Equal(-1, tooEarly.StandardOutput.BaseStream.ReadByte());
        var client = _agent.Connect();
        var wrong = _agent.StartBridge();
        wrong.StandardInput.BaseStream.Write([.. Handshake.ServerMagic, .. RandomNumberGenerator.GetBytes(64)]);
        wrong.StandardInput.BaseStream.Flush();
        Assert.Equal(-1, wrong.StandardOutput.BaseStream.ReadByte());
        // On the standard streams a wrong one is just noise.
        client.Raw([.. Handshake.ServerMagic, .. RandomNumberGenerator.GetBytes(64)]);
        client.Shake(_agent.Secret);
        Assert.Equal([1], client.Ping([1]));
    }

    [Fact]
    public void Strangers_at_the_door_do_not_keep_the_server_out()
    {
        _agent.Connect();
        var strangers = Enumerable.Range(0, 12).Select(_ => _agent.StartBridge()).ToList();
        // As many as the agent lets wait.
        Eventually.Is(() => Connections() >= 4, "they are connected");
        Assert.Equal([3], _agent.ConnectBridge().Ping([3]));
        // Whoever says nothing is shown out.
        foreach (var stranger in strangers)
        {
            Assert.Equal(-1, stranger.StandardOutput.BaseStream.ReadByte());
            Assert.True(stranger.WaitForExit(Eventually.Timeout));
        }
    }

    [Fact]
    public void Without_credit_a_read_waits_and_everything_else_goes_on()
    {
        var content = RandomNumberGenerator.GetBytes(3_000_000);
        File.WriteAllBytes(_agent["big"], content);
        var client = _agent.Connect();
        client.GrantsCredit = false;
        var stalled = Enumerable.Range(0, 8).Select(_ => client.Begin(Opcode.Read, new ReadRequest(Bytes("big"), 0, ulong.MaxValue).Write))
            .ToList();
        Eventually.Is(() => stalled.Count(call => call.Received > 200_000) == 6, "six transfers have what credit they have");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(content.Length, client.Stat("big").Size);
            Assert.Equal(0, client.Run("true").Exited.Code);
        }
        Assert.All(stalled, call => Assert.InRange(call.Received, 0, Protocol.InitialCredit));
        foreach (var call in stalled.Skip(1))
            call.Cancel();
        Assert.All(stalled.Skip(1), call => Assert.Equal(AgentStatus.Cancelled, call.Status()));
        stalled[0].Grant((uint)content.Length);
        stalled[0].Answer(FileStat.Read);
        Assert.Equal(content, stalled[0].Content);
    }

    [Fact]
    public void A_transfer_that_loses_its_server_frees_its_worker()
    {
        File.WriteAllBytes(_agent["big"], new byte[3_000_000]);
        var client = _agent.Connect();
        client.GrantsCredit = false;
        for (var i = 0; i < 5; i++)
        {
            for (var j = 0; j < 8; j++)
                client.Begin(Opcode.Read, new ReadRequest(Bytes("big"), 0, ulong.MaxValue).Write);
            client.Begin(Opcode.Write, new WriteRequest(Bytes($"half{i}"), WriteRequest.KeepMode, false, false, null, false).Write)
                .Upload(new byte[10_000], end: false);
            client.Shake(_agent.Secret);
        }
        client.GrantsCredit = true;
        Assert.Equal(3_000_000, client.Read("big").Length);
        Assert.Equal(["big"], client.List("").Paths());
    }

    [Fact]
    public void More_requests_than_can_wait_get_errors_and_none_is_lost()
    {
        var client = _agent.Connect();
        var calls = Enumerable.Range(0, 2_000).Select(_ => client.Begin(Opcode.Stat, new StatRequest([]).Write)).ToList();
        Assert.All(calls, call => Assert.Contains(call.Status(), new[] { AgentStatus.Ok, AgentStatus.Exhausted }));
        Assert.Equal(FileKind.Directory, client.Stat("").Kind);
    }

    [Fact]
    public void A_stalled_reader_stops_the_process_and_not_the_agent()
    {
        var client = _agent.Connect();
        client.Acknowledges = false;
        var number = $"97{Random.Shared.Next(1_000_000, 9_999_999)}";
        var exec = client.Shell($"yes {number}");
        Eventually.Is(() => client.Record(exec).End == Protocol.ExecWindow, "the window is full");
        Assert.Equal("hi\n", client.Run("echo hi").Record.Stdout);
        Assert.Equal((ulong)Protocol.ExecWindow, client.Record(exec).End);
        client.Ack(exec, 100_000);
        Eventually.Is(() => client.Record(exec).End == Protocol.ExecWindow + 100_000, "the window is full again");
        client.Cancel(exec, 0);
        Eventually.Is(() => Processes.Named($"yes {number}").Count == 0, "the process ends");
        client.Acknowledges = true;
        client.Ack(exec, client.Record(exec).End);
        client.Record(exec).Wait();
    }

    [Fact]
    public void Usage_mistakes_are_one_line_and_exit_code_two()
    {
        foreach (var arguments in new string[][]
        {
            [], ["what"], ["serve", "--socket"], ["serve", "--workspace", "/no/such/place"], ["bridge", "--workspace", "/x"],
            ["serve", "--user", "1000"], ["serve", "--user", "0", "--agent-user", "5"], ["serve", "--user", "5", "--agent-user", "5"],
            ["serve", "--user", "4294967295", "--agent-user", "5"], ["serve", "--group", "5"], ["serve", "--passwd", "/x"],
            ["serve", "--user", "5", "--agent-user", "6", "--passwd", "/x"],
        })
        {
            using var process = AgentProcess.Start(arguments);
            Assert.True(process.WaitForExit(Eventually.Timeout));
            Assert.Equal(2, process.ExitCode);
            Assert.Single(process.StandardError.ReadToEnd().TrimEnd().Split('\n'));
        }
        using var version = AgentProcess.Start("--version");
        Assert.StartsWith("devbench-agent ", version.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        using var lonely = AgentProcess.Start("bridge", "--socket", "no-agent-listens-here");
        Assert.True(lonely.WaitForExit(Eventually.Timeout));
        Assert.Equal(1, lonely.ExitCode);
        Assert.Contains("no agent listens", lonely.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    /// <summary>Streams to the agent's socket that the kernel lists as connected, on the agent's side.</summary>
    private int Connections() =>
        File.ReadLines("/proc/net/unix").Count(line =>
            line.EndsWith($"@{_agent.Socket}", StringComparison.Ordinal) && line.Contains(" 0001 03 ", StringComparison.Ordinal));
}
