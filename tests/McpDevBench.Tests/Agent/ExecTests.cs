using System.Diagnostics;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

public sealed class ExecTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ExecTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void A_command_gives_its_output_and_its_exit_code()
    {
        var watch = Stopwatch.StartNew();
        var (record, exited) = _client.Run("echo out; echo err >&2; exit 7");
        Assert.Equal("out\n", record.Stdout);
        Assert.Equal("err\n", record.Stderr);
        Assert.Equal((ExecEnd.Exited, 7, (byte)0), (exited.End, exited.Code, exited.Signal));
        Assert.InRange(exited.WallMicroseconds, 1, watch.Elapsed.TotalMicroseconds);
        Assert.True(exited.MaxRssBytes > 0);
    }

    [Fact]
    public void A_program_is_found_in_the_path_of_its_own_environment()
    {
        Directory.CreateDirectory(_agent["bin"]);
        File.WriteAllText(_agent["bin/hello"], "#!/bin/sh\necho hello $0 $NAME\n");
        File.SetUnixFileMode(_agent["bin/hello"], (UnixFileMode)0x1ed);
        var record = _client.Record(_client.Start(Plan(["hello"], env: [$"PATH=/nowhere:{_agent["bin"]}", "NAME=me"])));
        Assert.Equal(0, record.Wait().Code);
        Assert.Equal($"hello {_agent["bin/hello"]} me\n", record.Stdout);
    }

    [Theory]
    [InlineData("no-such-program", "not found in PATH")]
    [InlineData("/no/such/program", "not found")]
    [InlineData("./text", "not an executable file")]
    [InlineData("./garbage", "format")]
    [InlineData("./orphan", "interpreter")]
    public void What_cannot_be_started_says_why_and_leaves_nothing_behind(string program, string why)
    {
        File.WriteAllText(_agent["text"], "no");
        File.WriteAllBytes(_agent["garbage"], [1, 2, 3, 4]);
        File.SetUnixFileMode(_agent["garbage"], (UnixFileMode)0x1ed);
        File.WriteAllText(_agent["orphan"], "#!/no/interpreter\n");
        File.SetUnixFileMode(_agent["orphan"], (UnixFileMode)0x1ed);
        var before = _client.Info();
        var failed = Assert.Throws<AgentErrorException>(() => _client.Start(Plan([program])));
        Assert.Equal(AgentStatus.CannotStart, failed.Status);
        Assert.Contains(why, failed.Message, StringComparison.Ordinal);
        Eventually.Is(
            () => _client.Info() is { Execs: 0 } after && after.Descriptors == before.Descriptors, ()
                => $"{before} before, {_client.Info()} after");
    }

    [Theory]
    [InlineData("missing", AgentStatus.NotFound)]
    [InlineData("/proc/self", AgentStatus.PathDenied)]
    [InlineData("/dev", AgentStatus.PathDenied)]
    [InlineData("/sys", AgentStatus.PathDenied)]
    [InlineData("file", AgentStatus.NotADirectory)]
    public void An_impossible_working_directory_is_an_error(string cwd, AgentStatus status)
    {
        File.WriteAllText(_agent["file"], "");
        Assert.Equal(status, StatusOf(() => _client.Start(Plan(["pwd"], cwd: cwd))));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("sub", "/sub")]
    [InlineData("/usr", null)]
    public void A_command_starts_in_its_working_directory(string cwd, string? below)
    {
        Directory.CreateDirectory(_agent["sub"]);
        var record = _client.Record(_client.Start(Plan(["pwd"], cwd: cwd)));
        record.Wait();
        Assert.Equal((below is null ? cwd : _agent.Workspace + below) + "\n", record.Stdout);
    }

    [Fact]
    public void Its_environment_is_exactly_what_was_asked_and_its_signals_are_at_their_defaults()
    {
        var record = _client.Record(_client.Start(Plan(["/usr/bin/env"], env: ["A=1", "B=ü"])));
        record.Wait();
        Assert.Equal("A=1\nB=ü\n", record.Stdout);
        var (status, _) = _client.Run("grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | wc -l");
        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n4\n", status.Stdout);
    }

    [Fact]
    public void Standard_input_is_at_its_end_unless_it_was_asked_for()
    {
        var (record, exited) = _client.Run("cat; echo done");
        Assert.Equal((0, "done\n"), (exited.Code, record.Stdout));
    }

    [Fact]
    public void Input_is_fed_and_ended()
    {
        var exec = _client.Shell("cat; echo end", stdin: true);
        Assert.Equal(new ExecInputTaken(6, true), _client.Input(exec, "first\n"));
        _client.Record(exec).WaitFor("first");
        Assert.Equal(new ExecInputTaken(7, false), _client.Input(exec, "second\n", eof: true));
        Assert.Equal(0, _client.Record(exec).Wait().Code);
        Assert.Equal("first\nsecond\nend\n", _client.Record(exec).Stdout);
    }

    [Fact]
    public void Input_that_is_not_read_waits_and_a_cancel_reports_how_much_was_taken()
    {
        var exec = _client.Shell("dd bs=1 count=1 of=/dev/null; echo flows; sleep 3000", stdin: true);
        var call = _client.Begin(Opcode.ExecInput, new ExecInput(exec, new byte[900_000], false).Write);
        _client.Record(exec).WaitFor("flows");
        Assert.False(SpinWait.SpinUntil(() => call.Answered, 300));
        call.Cancel();
        var taken = call.Answer(ExecInputTaken.Read);
        Assert.True(taken.Open);
        Assert.InRange(taken.Taken, Protocol.StdinWindow, Protocol.StdinWindow + (128 << 10));
        _client.Cancel(exec, 0);
        _client.Record(exec).Wait();
    }

    [Fact]
    public void Input_larger_than_every_buffer_arrives_whole()
    {
        var exec = _client.Shell("sleep 0.2; wc -c", stdin: true);
        Assert.Equal(new ExecInputTaken(1_000_000, false), _client.Input(exec, new string('x', 1_000_000), eof: true));
        _client.Record(exec).Wait();
        Assert.Equal("1000000\n", _client.Record(exec).Stdout.TrimStart());
    }

    [Fact]
    public void Input_to_a_process_that_has_closed_it_is_not_taken()
    {
        var exec = _client.Shell("exec <&-; echo closed; sleep 30", stdin: true);
        _client.Record(exec).WaitFor("closed");
        Assert.False(_client.Input(exec, "text").Open);
        _client.Cancel(exec, 0);
        _client.Record(exec).Wait();
    }

    [Fact]
    public void A_signal_reaches_every_process_and_one_that_ends_the_leader_is_told()
    {
        var exec = _client.Shell(
            "sh -c 'trap \"echo child; exit\" USR1; echo child-ready; while :; do sleep 0.05; done' & "
            + "trap 'echo leader' USR1; echo leader-ready; wait; wait; exec sleep 3000");
        // exec: what a signal finds while it is being forked is not signalled, and would go on in the background.
        _client.Record(exec).WaitFor("child-ready");
        _client.Record(exec).WaitFor("leader-ready");
        _client.Signal(exec, 10);
        _client.Record(exec).WaitFor("child\n");
        _client.Record(exec).WaitFor("leader\n");
        _client.Signal(exec, 15);
        var exited = _client.Record(exec).Wait();
        Assert.Equal((ExecEnd.Signaled, (byte)15, 0), (exited.End, exited.Signal, exited.Code));
    }

    [Fact]
    public void A_terminal_is_one_with_size_resize_and_end_of_file()
    {
        var script = "test -t 0 && test -t 1 && tty; stty size; trap 'stty size' WINCH; echo ready; "
            + "while [ ! -e go ]; do sleep 0.02; done; cat; echo over; sleep 0.3";
        var exec = _client.Start(Plan(["/bin/sh", "-c", script], pty: true, rows: 33, columns: 101));
        _client.Record(exec).WaitFor("ready");
        Assert.Contains("/dev/pts/", _client.Record(exec).Stdout, StringComparison.Ordinal);
        Assert.Contains("33 101", _client.Record(exec).Stdout, StringComparison.Ordinal);
        _client.Call(Opcode.ExecResize, new ExecResize(exec, 40, 120).Write);
        // Before anything is typed: the trap may write at any moment.
        _client.Record(exec).WaitFor("40 120");
        _client.Write("go", "");
        Assert.True(_client.Input(exec, "typed\n", eof: true).Open);
        var exited = _client.Record(exec).Wait();
        Assert.Equal(ExecEnd.Exited, exited.End);
        Assert.Contains("typed\r\ntyped\r\n", _client.Record(exec).Stdout, StringComparison.Ordinal);
        Assert.Contains("over", _client.Record(exec).Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a\nb")]
    [InlineData("x\n")]
    [InlineData("x\u0004")]
    [InlineData("")]
    public void The_end_of_input_ends_what_reads_a_terminal(string typed)
    {
        var exec = _client.Start(Plan(["cat"], pty: true));
        Assert.True(_client.Input(exec, typed, eof: true).Open);
        Assert.Equal((ExecEnd.Exited, 0), (_client.Record(exec).Wait().End, _client.Record(exec).Wait().Code));
    }

    [Fact]
    public void The_end_of_input_ends_a_line_that_was_begun_before()
    {
        var exec = _client.Start(Plan(["cat"], pty: true));
        _client.Input(exec, "x");
        _client.Record(exec).WaitFor("x");
        _client.Input(exec, "", eof: true);
        Assert.Equal(0, _client.Record(exec).Wait().Code);
    }

    [Fact]
    public void A_program_that_has_closed_its_terminal_ends_with_its_own_code()
    {
        var exec = _client.Start(Plan(["/bin/sh", "-c", "exec <&- >&- 2>&-; sleep 0.3; exit 7"], pty: true));
        var exited = _client.Record(exec).Wait();
        Assert.Equal((ExecEnd.Exited, 7), (exited.End, exited.Code));
    }

    [Fact]
    public void A_program_that_reads_keys_gets_one_end_of_file_character()
    {
        var exec = _client.Start(Plan(["/bin/sh", "-c", "stty raw -echo; echo ready; dd bs=1 count=3 2>/dev/null | od -An -tx1"],
            pty: true));
        _client.Record(exec).WaitFor("ready");
        _client.Input(exec, "x", eof: true);
        _client.Input(exec, "y");
        _client.Record(exec).Wait();
        Assert.Contains("78 04 79", _client.Record(exec).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_end_of_file_character_is_the_one_that_is_typed()
    {
        var exec = _client.Start(Plan(["/bin/sh", "-c", "stty eof ^X; echo ready; cat"], pty: true));
        _client.Record(exec).WaitFor("ready");
        _client.Input(exec, "typed", eof: true);
        Assert.Equal(0, _client.Record(exec).Wait().Code);
    }

    [Fact]
    public void The_same_key_is_the_same_process()
    {
        var plan = Plan(["sleep", "30"]);
        var first = _client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read);
        Assert.Equal(first, _client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read));
        _client.Cancel(plan.Key, 0);
        _client.Record(plan.Key).Wait();
    }

    [Fact]
    public void Many_at_once_end_each_with_its_own_code()
    {
        var execs = Enumerable.Range(0, 40).Select(i => (Key: _client.Shell($"sleep 0.1; echo {i}; exit {i}"), Code: i)).ToList();
        foreach (var (key, code) in execs)
        {
            Assert.Equal(code, _client.Record(key).Wait().Code);
            Assert.Equal($"{code}\n", _client.Record(key).Stdout);
        }
    }

    [Fact]
    public void No_more_than_the_stated_number_is_remembered()
    {
        _client.Acknowledges = false;
        for (var i = 0; i < 64; i++)
            _client.Start(Plan(["true"]));
        Assert.Equal(AgentStatus.Exhausted, StatusOf(() => _client.Start(Plan(["true"]))));
        foreach (var (key, record) in _client.Execs)
            _client.Ack(key, record.Wait().Produced, exit: true);
        _client.Acknowledges = true;
        Assert.Equal(0, _client.Run("true").Exited.Code);
    }

    [Fact]
    public void Children_are_killed_by_the_kernel_before_the_agent_is()
    {
        var (record, _) = _client.Run("cat /proc/self/oom_score_adj");
        Assert.Equal("1000\n", record.Stdout);
        Assert.NotEqual("1000\n", File.ReadAllText($"/proc/{_agent.Pid}/oom_score_adj"));
    }

    [Fact]
    public void Arguments_with_nul_or_without_a_program_are_errors()
    {
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Start(Plan([]))));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Start(Plan([""]))));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Start(Plan(["echo", "a\0b"]))));
        Assert.Equal(AgentStatus.NoSuchExec, StatusOf(() => _client.Signal(Guid.NewGuid(), 15)));
    }
}
