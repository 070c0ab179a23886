using System.Net;
using System.Security.Cryptography;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The server was updated; the workspaces of before, with the agent that they were started with, go on.</summary>
public sealed class OlderAgentTests
{
    [Fact]
    public async Task A_workspace_with_an_agent_of_version_1_works_with_this_server_and_after_its_restart()
    {
        await using var older = new AgentOfVersionOne();
        await using var server = await ServerProcess.Started(("MCP_AGENT_BINARY", older.Binary));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "older"));
        await RunsTheAgent(workspace, older.Binary);

        await Works(workspace, server);
        var running = await workspace.ExecStart("echo before; read line; echo got $line", ("stdin_open", true));
        await running.ReadUntil("before\n");

        await server.Restart();
        await using var again = await server.Connect();
        var same = new Workspace(again, workspace.Spawned);
        var found = again.Exec(running.Id);
        await found.Input("a line\n");
        var read = await found.ReadToEnd();
        Assert.Equal("before\ngot a line\n", read.Stdout);
        Assert.Equal(("exited", 0), (read.Last!.Outcome, read.Last.ExitCode));
        await Works(same, server);
    }

    [Fact]
    public async Task A_paused_workspace_with_an_agent_of_version_1_is_answered_in_time_and_what_began_is_ended()
    {
        await using var older = new AgentOfVersionOne();
        await using var server = await ServerProcess.Started(("MCP_AGENT_BINARY", older.Binary));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var dockerId = await workspace.DockerId();
        await DockerHost.Docker("pause", dockerId);
        string id;
        try
        {
            var refusal = await Refused.With(
                "timeout",
                () => workspace.Exec("sleep 1000", ("wait_ms", 0)).WaitAsync(
                    TimeSpan.FromSeconds(55), TestContext.Current.CancellationToken));
            id = refusal.Hint.Split(' ', '.', ',', ':').First(word => word.StartsWith("e_", StringComparison.Ordinal));
        }
        finally
        {
            await DockerHost.Docker("unpause", dockerId);
        }
        var end = await assistant.Exec(id).Ended();
        Assert.True(end.Outcome is "cancelled" or "not_started", end.Outcome);
        Assert.DoesNotContain(ProcessTable.Of(dockerId), process => process.Command.Contains("sleep 1000", StringComparison.Ordinal));
    }

    private static async Task RunsTheAgent(Workspace workspace, string binary)
    {
        var expected = Convert.ToHexStringLower(
            SHA256.HashData(await File.ReadAllBytesAsync(binary, TestContext.Current.CancellationToken)));
        Assert.StartsWith(expected, await workspace.Sh("sha256sum /.mcp-devbench/devbench-agent"), StringComparison.Ordinal);
    }

    private static async Task Works(Workspace workspace, ServerProcess server)
    {
        Assert.Equal("out", await workspace.Sh("echo out"));
        var failed = await workspace.Exec("echo err >&2; exit 3");
        Assert.Equal(("exited", 3, "err\n"), (failed.Outcome, failed.ExitCode, failed.Stderr));

        await workspace.Write("dir/file.txt", "one\ntwo\n");
        await workspace.Edit("dir/file.txt", "two", "three");
        Assert.Equal("one\nthree\n", (await workspace.Read("dir/file.txt")).Content);
        Assert.Contains((await workspace.List(".", ("recursive", true))).Entries, entry => entry.Path == "/workspace/dir/file.txt");
        Assert.Equal(2, Assert.Single((await workspace.Search("three")).Found).Line);
        Assert.Equal("file", (await workspace.Stat("dir/file.txt")).Type);
        await workspace.Batch(
            [new System.Text.Json.Nodes.JsonObject { ["op"] = "copy", ["path"] = "dir/file.txt", ["target"] = "copied.txt" }]);
        await workspace.Delete("copied.txt");

        var address = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files?path=large");
        var large = RandomNumberGenerator.GetBytes(3 << 20);
        using (var content = new ByteArrayContent(large))
        using (var put = await server.Http.PutAsync(address, content, TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(large, await server.Http.GetByteArrayAsync(address, TestContext.Current.CancellationToken));

        var endless = await workspace.ExecStart("while :; do sleep 1; done");
        Assert.Equal("cancelled", (await endless.Cancel(graceS: 0)).Outcome);
        var terminal = await workspace.ExecStart("tty", ("pty", true));
        Assert.StartsWith("/dev/pts/", (await terminal.ReadToEnd()).Stdout, StringComparison.Ordinal);
    }
}
