using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Commands: input, output, how they end, and how many there may be.</summary>
public sealed class ExecTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_cancel_with_a_long_grace_says_that_TERM_was_sent_and_when_KILL_follows()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("trap '' TERM; touch ready; while :; do sleep 1; done");
        await workspace.Sh("until [ -e ready ]; do sleep 0.1; done");
        var state = await exec.Cancel(100);
        Assert.Equal("running", state.Status);
        var note = Assert.Single(state.Notes!);
        Assert.Contains("TERM was sent", note, StringComparison.Ordinal);
        Assert.Contains("KILL follows 100 s after TERM", note, StringComparison.Ordinal);
        // What the note advises.
        Assert.Equal("finished", (await exec.Cancel(0)).Status);
    }

    [Fact]
    public async Task Both_streams_the_exit_code_and_what_it_used_come_back_in_one_call()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("echo out; echo err >&2; exit 3", ("details", true));
        Assert.Equal(
            ("finished", "exited", 3, "out\n", "err\n"), (answer.Status, answer.Outcome, answer.ExitCode, answer.Stdout, answer.Stderr));
        Assert.Equal((4, 4), (answer.Usage!.StdoutBytes, answer.Usage.StderrBytes));

        Assert.Equal("", await workspace.Sh("cat")); // Input is empty and at its end.
        Assert.Equal("given", (await workspace.Exec("cat", ("stdin", "given"))).Stdout);
        Assert.Equal(
            "/tmp v", (await workspace.Exec("echo $PWD $V", ("cwd", "/tmp"), ("env", new JsonObject { ["V"] = "v" }))).Stdout.Trim());
        Assert.Equal("$HOME *\n", (await workspace.Run(["echo", "$HOME", "*"])).Stdout);

        var killed = await workspace.Exec("kill -9 $$");
        Assert.Equal("signaled", killed.Outcome);
        var late = await workspace.Exec("sleep 60", ("timeout_s", 1));
        Assert.Equal("timed_out", late.Outcome);
        await Refused.Somehow(() => workspace.Run(["/no/such/program"]));
        await Refused.Somehow(() => workspace.Exec("true", ("cwd", "/no/such/folder")));
    }

    [Fact]
    public async Task A_command_that_takes_longer_is_answered_in_part_and_goes_on()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("echo first; cat; echo last", ("wait_ms", 300), ("stdin_open", true));
        Assert.Equal(("running", "first\n"), (answer.Status, answer.Stdout));
        var exec = assistant.Exec(answer.ExecId);
        await exec.Input("middle\n", eof: true);
        var read = await exec.ReadToEnd();
        Assert.Equal("first\nmiddle\nlast\n", read.Stdout);
        await Refused.Somehow(() => exec.Input("too late"));
    }

    [Fact]
    public async Task The_output_can_be_read_by_stream_from_its_end_and_by_what_is_in_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("seq 1 100; sleep 0.1; echo problem 17 >&2; sleep 0.1; seq 101 200");
        await exec.ReadToEnd();
        Assert.Equal("problem 17\n", (await exec.Poll(-1, 0, ("stream", "stderr"))).Text);
        Assert.Equal("199\n200\n", (await exec.Poll(-1, 0, ("tail_lines", 2), ("stream", "stdout"))).Text);
        Assert.Equal("problem 17\n", (await exec.Poll(-1, 0, ("grep", "^problem"))).Text);
        // As much as was allowed, but at least a character; the rest by its next_seq.
        var page = await exec.Poll(-1, 0, ("max_bytes", 1));
        Assert.Equal("1", page.Text);
        Assert.NotNull(page.Truncated);
        Assert.EndsWith("200\n", (await exec.Poll(page.NextSeq)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_output_is_cut_in_the_middle_and_says_so()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("echo HEAD; seq 1 100000; echo TAIL", ("max_output_bytes", 1000));
        Assert.StartsWith("HEAD\n1\n", answer.Stdout, StringComparison.Ordinal);
        Assert.EndsWith("TAIL\n", answer.Stdout, StringComparison.Ordinal);
        Assert.NotNull(answer.Truncated);
        Assert.InRange(answer.Stdout.Length, 100, 2000);
    }

    [Fact]
    public async Task A_terminal_is_a_terminal_with_a_size()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var exec = await workspace.ExecStart(
            "test -t 0 && test -t 1 && echo terminal; stty size; read line; stty size", ("pty", true), ("rows", 30), ("cols", 100),
            ("stdin_open", true));
        var read = await exec.ReadUntil("30 100");
        Assert.Contains("terminal", read.All, StringComparison.Ordinal);
        await assistant.Call(
            "exec_input", ("exec_id", exec.Id), ("data", "\n"), ("resize", new JsonObject { ["rows"] = 50, ["cols"] = 132 }));
        await exec.ReadUntil("50 132", read);
        await exec.ReadToEnd(read);
    }

    [Fact]
    public async Task Beyond_eight_at_once_the_next_waits_for_its_turn_and_is_refused_with_what_runs_when_none_comes()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var running = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => workspace.ExecStart($"until [ -e go{i} ]; do sleep 0.05; done")));
        var refusal = await Refused.With("concurrent_limit", () => workspace.Exec("touch refused", ("wait_ms", 100)));
        Assert.All(running, exec => Assert.Contains(exec.Id, refusal.Message, StringComparison.Ordinal));
        Assert.Contains("until [ -e go0 ]", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("exec_cancel", refusal.Hint, StringComparison.Ordinal);

        // A client that hangs up leaves the queue: what it asked for never runs.
        using var hangUp = new CancellationTokenSource();
        var call = Assistant.Arguments($$"""{"container_id": "{{workspace.Id}}", "shell": "touch gone", "wait_ms": 25000}""");
        var gone = assistant.Client.CallToolAsync("exec", call, cancellationToken: hangUp.Token).AsTask();
        await Queued(1);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await Queued(0);

        var waiting = workspace.Exec("echo fine", ("wait_ms", 25_000));
        await Queued(1);
        await workspace.Write("go0", "");
        var answer = await waiting;
        Assert.Equal(("finished", "fine\n"), (answer.Status, answer.Stdout));
        foreach (var i in Enumerable.Range(1, 7))
            await workspace.Write($"go{i}", "");
        Assert.All(await Task.WhenAll(running.Select(exec => exec.ReadToEnd())), read => Assert.Equal("exited", read.Last!.Outcome));
        Assert.Equal("", await workspace.Sh("ls | grep -e gone -e refused || true"));

        Task Queued(int calls) => Machine.Deadline.Until(
            async () => (await Waiting()).Split('\n').Contains($"mcp_execution_queue_waiting {calls}"),
            $"{calls} calls wait");

        async Task<string> Waiting() =>
            (await assistant.Call("metrics", ("prefix", "mcp_execution_queue_waiting"))).GetProperty("text").GetString()!;
    }

    [Fact]
    public async Task The_same_key_runs_a_command_once()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var started = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => workspace.ExecStart("echo once >> count", ("idempotency_key", "once"))));
        var id = Assert.Single(started.Select(exec => exec.Id).Distinct());
        await assistant.Exec(id).ReadToEnd();
        Assert.Equal("once", await workspace.Sh("cat count"));
        await Refused.With("conflict", () => workspace.ExecStart("echo other", ("idempotency_key", "once")));
    }

    [Fact]
    public async Task A_signal_reaches_the_command_and_it_may_answer()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("trap 'echo got it; exit 5' USR1; echo up; while :; do sleep 0.05; done");
        var read = await exec.ReadUntil("up\n");
        await exec.Signal("USR1");
        await exec.ReadToEnd(read);
        Assert.Equal(("up\ngot it\n", 5), (read.Stdout, read.Last!.ExitCode));
    }

    [Fact]
    public async Task A_client_that_hangs_up_does_not_end_what_it_started()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        using var hangUp = new CancellationTokenSource();
        var waiting = assistant.Client.CallToolAsync(
            "exec", Assistant.Arguments($$"""{"container_id": "{{workspace.Id}}", "shell": "touch up; until [ -e go ]; do sleep 0.05; done; echo survived > result", "wait_ms": 25000}"""),
            cancellationToken: hangUp.Token).AsTask();
        await Machine.Deadline.Until(async () => (await workspace.List("/workspace")).Entries.Count > 0, "the command has started");
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await workspace.Write("go", "");
        var exec = (await assistant.ListExecs(("container_id", workspace.Id), ("include_finished", true))).Execs.Single();
        await assistant.Exec(exec.ExecId).ReadToEnd();
        Assert.Equal("survived\n", (await workspace.Read("result")).Content);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_in_the_log_resource_as_they_were()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart(@"printf '\377\000\200caf\303'; sleep 0.2; printf '\251'");
        Assert.EndsWith("café", (await exec.ReadToEnd()).Stdout, StringComparison.Ordinal);
        var log = await assistant.Client.ReadResourceAsync(
            $"exec://{exec.Id}/log", cancellationToken: TestContext.Current.CancellationToken);
        var blob = Assert.IsType<ModelContextProtocol.Protocol.BlobResourceContents>(Assert.Single(log.Contents));
        Assert.Equal([0xFF, 0, 0x80, .. "café"u8], blob.DecodedData.ToArray());
    }
}
