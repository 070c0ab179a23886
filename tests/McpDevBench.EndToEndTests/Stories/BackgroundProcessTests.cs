using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A command ends and leaves processes behind: they live on, can be seen, read and ended.</summary>
public sealed class BackgroundProcessTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Server =
        "(i=0; while [ ! -e stop ]; do i=$((i+1)); echo request $i; sleep 0.05; done; echo stopped) & echo started";

    [Fact]
    public async Task A_server_in_the_background_goes_on_and_its_log_can_be_read()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var answer = await workspace.Exec(Server, ("wait_ms", 20_000));
        Assert.Equal(("background", "exited", 0), (answer.Status, answer.Outcome, answer.ExitCode));
        var note = Assert.Single(answer.Notes!);
        Assert.Matches(@"^[12] process(es)? of this command still runs?: \d+ ", note);
        Assert.Contains("exec_start", note, StringComparison.Ordinal);

        Assert.Equal("background", Assert.Single((await assistant.ListExecs(("container_id", workspace.Id))).Execs).Status);
        var exec = assistant.Exec(answer.ExecId);
        var read = await exec.ReadUntil("request 30\n");
        Assert.False(read.Complete);
        await workspace.Write("stop", "");
        await exec.ReadToEnd(read);
        Assert.EndsWith("stopped\n", read.Stdout, StringComparison.Ordinal);
        Assert.Equal(("exited", 0), (read.Last!.Outcome, read.Last.ExitCode));
        Assert.Null(read.Last.Notes);
        Assert.Empty((await assistant.ListExecs(("container_id", workspace.Id))).Execs);
    }

    [Fact]
    public async Task What_was_sent_away_from_the_output_is_named_too_and_cancel_ends_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var dockerId = await workspace.DockerId();
        var before = ProcessTable.Of(dockerId);
        var answer = await workspace.Exec(
            "nohup setsid python3 -c 'import time; time.sleep(1000)' >log 2>&1 & sleep 1001 >/dev/null 2>&1 & exit 3");
        Assert.Equal(("background", 3), (answer.Status, answer.ExitCode));
        Assert.StartsWith("2 processes of this command still run: ", Assert.Single(answer.Notes!), StringComparison.Ordinal);
        Assert.Contains("sleep 1001", answer.Notes![0], StringComparison.Ordinal);
        Assert.Contains("time.sleep(1000)", answer.Notes[0], StringComparison.Ordinal);

        var ended = await assistant.Exec(answer.ExecId).Cancel(graceS: 1);
        Assert.Equal(("finished", "exited", 3), (ended.Status, ended.Outcome, ended.ExitCode));
        var ending = Assert.Single(ended.Notes!);
        Assert.StartsWith("The command had ended before; 2 processes that it had left were ended now: ", ending, StringComparison.Ordinal);
        Assert.Contains("sleep 1001", ending, StringComparison.Ordinal);
        await ProcessTable.NoneBut(before, dockerId);
    }

    [Fact]
    public async Task They_take_no_slot_and_end_with_the_workspace()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var dockerId = await workspace.DockerId();
        var execs = new List<string>();
        for (var i = 0; i < 12; i++)
            execs.Add((await workspace.Exec($"sleep 100{i} >/dev/null 2>&1 & echo {i}")).ExecId);
        Assert.Equal("free", await workspace.Sh("echo free"));
        Assert.Equal(execs.Order(), (await assistant.ListExecs(("container_id", workspace.Id))).Execs.Select(exec => exec.ExecId).Order());
        await workspace.Kill(("force", true));
        await ProcessTable.NoneBut([], dockerId);
        var end = await assistant.Exec(execs[0]).Poll();
        Assert.Equal(("exited", 0, true), (end.Outcome, end.ExitCode, end.Complete));
    }

    [Fact]
    public async Task A_restart_of_the_server_changes_nothing_for_them()
    {
        await using var restarted = await ServerProcess.Started();
        string id, execId;
        Transcript read;
        await using (var assistant = await restarted.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox);
            id = workspace.Id;
            execId = (await workspace.Exec(Server)).ExecId;
            read = await assistant.Exec(execId).ReadUntil("request 5\n");
        }
        await restarted.Restart();
        await using var again = await restarted.Connect();
        Assert.Equal("background", Assert.Single((await again.ListExecs(("container_id", id))).Execs).Status);
        await again.Exec(execId).ReadUntil("request 40\n", read);
        Assert.Equal(("exited", 0), (read.Last!.Outcome, read.Last.ExitCode));
        Assert.NotNull(read.Last.Notes);
        var end = await again.Exec(execId).Cancel(graceS: 0);
        Assert.Equal(("finished", "exited", 0), (end.Status, end.Outcome, end.ExitCode));
        // The command's end is recorded once, however often the server starts.
        await restarted.Restart();
        await using var third = await restarted.Connect();
        var records = (await third.Call("audit_query", ("event_type", "exec.finish"))).GetProperty("records");
        Assert.Equal(1, records.GetArrayLength());
    }

    [Fact]
    public async Task A_timeout_or_cancel_of_the_command_leaves_no_background()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("sleep 1000 & sleep 1001", ("timeout_s", 1));
        Assert.Equal(("finished", "timed_out"), (answer.Status, answer.Outcome));
        Assert.Equal("", await workspace.Sh("ps | grep 'sleep 100[01]' || true"));
    }

    [Fact]
    public async Task A_terminal_says_that_it_ends_what_is_in_the_background()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("sleep 1000 & echo started", ("pty", true));
        Assert.Equal(("finished", 0), (answer.Status, answer.ExitCode));
        var note = Assert.Single(answer.Notes!);
        Assert.Contains("SIGHUP", note, StringComparison.Ordinal);
        Assert.Contains("exec_start", note, StringComparison.Ordinal);
        Assert.Equal("", await workspace.Sh("ps | grep 'sleep 100[0]' || true"));
    }

    [Fact]
    public async Task What_a_terminal_does_not_end_is_not_called_ended()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec(
            "sh -c 'trap \"\" HUP; touch a; exec sleep 1077' & setsid sh -c 'touch b; exec sleep 1078' & "
                + "until [ -e a ] && [ -e b ]; do sleep 0.05; done",
            ("pty", true));
        var notes = string.Join('\n', answer.Notes!);
        Assert.Contains("2 processes of this command still run", notes, StringComparison.Ordinal);
        Assert.Contains("nohup", notes[notes.IndexOf("With pty=true", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.DoesNotContain("is ended by SIGHUP", notes, StringComparison.Ordinal);
        await assistant.Exec(answer.ExecId).Cancel(0);
    }

    [Fact]
    public async Task A_key_that_was_used_says_that_nothing_was_started()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var first = await workspace.Exec("echo ran >> ran", ("idempotency_key", "once"));
        Assert.Null(first.Notes);
        var second = await workspace.Exec("echo ran >> ran", ("idempotency_key", "once"));
        Assert.Equal(first.ExecId, second.ExecId);
        Assert.Contains("nothing was started", Assert.Single(second.Notes!), StringComparison.Ordinal);
        var started = await assistant.Call(
            "exec_start", ("container_id", workspace.Id), ("shell", "echo ran >> ran"), ("idempotency_key", "once"));
        Assert.Contains("nothing was started", started.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("ran", await workspace.Sh("cat ran"));
    }
}
