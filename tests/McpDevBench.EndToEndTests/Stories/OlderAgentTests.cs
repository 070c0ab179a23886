using System.Net;
using System.Security.Cryptography;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The server was updated; the workspaces of before, with the agent that they were started with, go on.</summary>
public sealed class OlderAgentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_workspace_whose_agent_is_its_own_user_works_with_this_server_and_after_its_restart(int version)
    {
        using var older = new OlderAgent(version);
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var server = await ServerProcess.Started(("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"));
        await using (var before = await server.Connect())
            await Update(server, await before.Spawn(Images.Busybox, ("alias", "older")), older.Binary);
        await using var assistant = await server.Connect();
        var workspace = await Attached(assistant);
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

        // Without attach, through a bridge, which has to be the agent's user.
        proxy.Mute("/attach?");
        await Works(same, server);
    }

    [Fact]
    public async Task A_paused_workspace_with_an_agent_of_version_1_is_answered_in_time_and_what_began_is_ended()
    {
        using var older = new OlderAgent(version: 1);
        await using var server = await ServerProcess.Started();
        await using (var before = await server.Connect())
            await Update(server, await before.Spawn(Images.Busybox, ("alias", "older")), older.Binary);
        await using var assistant = await server.Connect();
        var workspace = await Attached(assistant);
        Assert.Equal("here", await workspace.Sh("echo here"));
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

    [Fact]
    public async Task A_new_workspace_does_not_get_an_agent_that_cannot_have_a_user_of_its_own()
    {
        using var older = new OlderAgent(version: 1);
        await using var server = await ServerProcess.Started(("MCP_AGENT_BINARY", older.Binary));
        await using var assistant = await server.Connect();
        await Refused.With("server_error", () => assistant.Spawn(Images.Busybox));
        var digest = Convert.ToHexStringLower(
            SHA256.HashData(await File.ReadAllBytesAsync(older.Binary, TestContext.Current.CancellationToken)));
        await DockerHost.Docker("volume", "rm", $"mcpdevbench_agent_{digest[..12]}");
    }

    /// <summary>The server of before made the container; this one starts, without the database that has another one in its place.</summary>
    private static async Task Update(ServerProcess server, Workspace workspace, string binary)
    {
        Assert.Equal(0, await server.Stop());
        await OlderContainer.Replace(workspace, Path.GetDirectoryName(binary)!);
        foreach (var file in Directory.GetFiles(server.Folder, "state.db*").Where(file => !file.EndsWith(".key", StringComparison.Ordinal)))
            File.Delete(file);
        await server.InitializeAsync();
    }

    private static async Task<Workspace> Attached(Assistant assistant)
    {
        var attached = await assistant.Call("attach", ("target", "older"));
        var id = attached.GetProperty("container_id").GetString()!;
        return new Workspace(assistant, new Spawned(id, "older", "", null, "running", "/workspace", false, null));
    }

    private static async Task RunsTheAgent(Workspace workspace, string binary)
    {
        var expected = Convert.ToHexStringLower(
            SHA256.HashData(await File.ReadAllBytesAsync(binary, TestContext.Current.CancellationToken)));
        Assert.StartsWith(expected, await workspace.Sh("sha256sum /devbench/devbench-agent"), StringComparison.Ordinal);
        Assert.Equal("1000:1000", await DockerHost.Docker("inspect", "-f", "{{.Config.User}}", await workspace.DockerId()));
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
