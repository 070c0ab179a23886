using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The server is killed as hard as can be; the work in the workspaces never notices.</summary>
public sealed class RestartTests
{
    private const string Counting = "i=0; until [ -e stop ]; do echo line $i; i=$((i+1)); sleep 0.005; done";

    [Fact]
    public async Task A_running_exec_outlives_SIGKILL_and_every_line_is_delivered_once()
    {
        await using var server = await ServerProcess.Started();
        RunningExec counting;
        Transcript read;
        string workspace;
        await using (var assistant = await server.Connect())
        {
            var spawned = await assistant.Spawn(Images.Busybox, ("alias", "counting"));
            workspace = spawned.Id;
            counting = await spawned.ExecStart(Counting);
            read = await counting.ReadUntil("line 50\n");
        }

        for (var kill = 1; kill <= 3; kill++)
        {
            await server.Restart();
            await using var assistant = await server.Connect();
            Assert.Contains((await assistant.ListExecs()).Execs, exec => exec.ExecId == counting.Id && exec.Status == "running");
            await assistant.Exec(counting.Id).ReadUntil($"line {kill * 150}\n", read);
        }

        await using var last = await server.Connect();
        await last.Call("fs_write", ("container_id", workspace), ("path", "stop"), ("content", ""));
        await last.Exec(counting.Id).ReadToEnd(read);
        Assert.Equal("exited", read.Last!.Outcome);
        Assert.Equal(Lines(read.Stdout.Count(character => character == '\n')), read.Stdout);

        // And it is all there for someone who has not read a line of it yet.
        Assert.Equal(read.Stdout, (await last.Exec(counting.Id).ReadToEnd()).Stdout);
    }

    [Fact]
    public async Task What_ended_while_no_server_was_there_is_told_afterwards()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var dockerId = await workspace.DockerId();
        var exec = await workspace.ExecStart("echo before; until [ -e /workspace/go ]; do sleep 0.05; done; echo after; exit 7");
        await exec.ReadUntil("before\n");

        await server.KillHard();
        await Machine.DockerHost.Docker("exec", "--user", await workspace.User(), dockerId, "/bin/touch", "/workspace/go");
        await Machine.Deadline.Until(
            () => Task.FromResult(
                !Machine.ProcessTable.Of(dockerId).Any(process => process.Command.Contains("echo before", StringComparison.Ordinal))),
            "the command ends on its own");
        await server.InitializeAsync();

        await using var again = await server.Connect();
        var read = await again.Exec(exec.Id).ReadToEnd();
        Assert.Equal("before\nafter\n", read.Stdout);
        Assert.Equal(("exited", 7), (read.Last!.Outcome, read.Last.ExitCode));
    }

    [Fact]
    public async Task Input_files_and_handles_go_on_after_a_restart()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "goes-on"), ("idempotency_key", "spawn-once"));
        await workspace.Write("kept.txt", "kept");
        var echo = await workspace.ExecStart("cat", ("stdin_open", true), ("idempotency_key", "exec-once"));
        await echo.Input("one\n");
        var read = await echo.ReadUntil("one\n");

        await server.Restart();

        await using var again = await server.Connect();
        var same = await again.Spawn(Images.Busybox, ("alias", "goes-on"), ("idempotency_key", "spawn-once"));
        Assert.Equal(workspace.Id, same.Id);
        Assert.Equal("kept", (await same.Read("kept.txt")).Content);
        var sameEcho = await same.ExecStart("cat", ("stdin_open", true), ("idempotency_key", "exec-once"));
        Assert.Equal(echo.Id, sameEcho.Id);
        await sameEcho.Input("two\n", eof: true);
        await sameEcho.ReadToEnd(read);
        Assert.Equal("one\ntwo\n", read.Stdout);
    }

    [Fact]
    public async Task A_server_that_is_asked_to_stop_ends_cleanly_and_leaves_the_workspaces_at_work()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("cat", ("stdin_open", true));

        Assert.Equal(0, await server.Stop());
        await server.InitializeAsync();

        await using var again = await server.Connect();
        await again.Exec(exec.Id).Input("still here\n", eof: true);
        Assert.Equal("still here\n", (await again.Exec(exec.Id).ReadToEnd()).Stdout);
    }

    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(n => $"line {n}\n"));
}
