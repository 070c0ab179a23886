using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// A container is stopped, restarted or removed past the server: the workspace comes back with its files at the next call, whichever that
/// is.
/// </summary>
public sealed partial class RecoveryTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Shape =
        "{{.Image}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.NetworkMode}} "
            + "{{json .Config.Labels}}";

    public static TheoryData<string> Calls =>
        ["exec", "exec_start", "fs_read", "fs_edit", "attach", "spawn", "download", "upload", "resource"];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_stopped_container_comes_back_with_its_files_by_whatever_call_comes_first(string call)
    {
        await using var assistant = await server.Connect();
        var alias = $"stopped-{call}";
        var workspace = await assistant.Spawn(
            Images.Busybox, ("alias", alias), ("memory_mb", 96), ("cpus", 0.5), ("env", new JsonObject { ["FOO"] = "bar" }));
        await workspace.Write("work.txt", "hours of work");
        var running = await workspace.ExecStart("echo up; sleep 1000");
        await running.ReadUntil("up\n");
        var before = await DockerHost.Docker("inspect", "--format", Shape, await workspace.DockerId());
        await DockerHost.Docker("stop", "--time", "1", await workspace.DockerId());

        await First(assistant, workspace, alias, call);

        Assert.Equal("hours of work", (await workspace.Read("work.txt")).Content.Replace("days", "hours", StringComparison.Ordinal));
        Assert.Equal("bar", await workspace.Sh("echo $FOO"));
        Assert.Equal(Lasting(before), Lasting(await DockerHost.Docker("inspect", "--format", Shape, await workspace.DockerId())));
        Assert.Equal("workspace_lost", (await running.Ended()).Outcome);
        // Reported once: it is news for the first call alone.
        Assert.False((await assistant.Call("attach", ("target", alias))).TryGetProperty("resumed", out _));
        var listed = Assert.Single((await assistant.ListContainers()).Containers, found => found.ContainerId == workspace.Id);
        Assert.Equal("running", listed.Status);
    }

    [Theory]
    [InlineData("download")]
    [InlineData("resource")]
    public async Task That_processes_are_gone_is_reported_until_the_result_of_a_tool_has(string call)
    {
        await using var assistant = await server.Connect();
        var alias = $"told-{call}";
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", alias));
        await workspace.Write("work.txt", "hours of work");
        await DockerHost.Docker("stop", "--time", "1", await workspace.DockerId());
        await First(assistant, workspace, alias, call);

        var (result, text) = await assistant.CallWithText("exec", ("container_id", alias), ("shell", "true"));
        Assert.True(result.GetProperty("resumed").GetBoolean());
        Assert.Contains("started again", text, StringComparison.Ordinal);
        (result, text) = await assistant.CallWithText("exec", ("container_id", alias), ("shell", "true"));
        Assert.False(result.TryGetProperty("resumed", out _));
        Assert.DoesNotContain("started again", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_between_stopped_workspaces_names_both_in_the_text_and_in_the_structured_result()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox, ("alias", "stopped-from"));
        var to = await assistant.Spawn(Images.Busybox, ("alias", "stopped-to"));
        await from.Write("work.txt", "hours of work");
        await DockerHost.Docker("stop", "--time", "0", await from.DockerId(), await to.DockerId());
        var (copied, text) = await assistant.CallWithText(
            "fs_copy", ("container_id", "stopped-from"), ("path", "work.txt"), ("target_container_id", "stopped-to"));
        var notes = copied.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!).ToList();
        Assert.Equal(2, notes.Count);
        foreach (var name in new[] { "stopped-from", "stopped-to" })
            Assert.Contains(notes, note => note.Contains($"workspace {name} had stopped", StringComparison.Ordinal));
        Assert.All(notes, note => Assert.Contains($"Note: {note}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_was_removed_comes_back_once_for_all_who_call_at_the_same_time()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "removed"), ("persistent", true));
        await workspace.Write("work.txt", "hours of work");
        var before = await Resumes(assistant);
        await DockerHost.Docker("rm", "-f", await workspace.DockerId());

        var read = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => workspace.Read("work.txt")));

        Assert.All(read, file => Assert.Equal("hours of work", file.Content));
        await workspace.DockerId();
        Assert.Equal(before + 1, await Resumes(assistant));
        var audit = await assistant.Call("audit_query", ("event_type", "container.resume"), ("container_id", workspace.Id));
        Assert.Equal("success", Assert.Single(audit.GetProperty("records").EnumerateArray()).GetProperty("result").GetString());
        await workspace.Kill(("delete_files", true));
    }

    [Fact]
    public async Task A_container_that_was_restarted_is_used_again_and_the_next_call_says_that_its_processes_are_gone()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "restarted"));
        await workspace.Write("work.txt", "hours of work");
        var running = await workspace.ExecStart("echo up; sleep 1000");
        await running.ReadUntil("up\n");

        await DockerHost.Docker("restart", "--time", "1", await workspace.DockerId());

        Assert.Equal("workspace_lost", (await running.Ended()).Outcome);
        var attached = await assistant.Call("attach", ("target", "restarted"));
        Assert.True(attached.GetProperty("resumed").GetBoolean());
        Assert.Equal("hours of work", (await workspace.Read("work.txt")).Content);
        Assert.Equal("here", await workspace.Sh("echo here"));
    }

    [Fact]
    public async Task A_crash_of_the_server_in_the_middle_of_a_resume_loses_nothing()
    {
        await using var own = await ServerProcess.Started();
        var assistant = await own.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "twice-unlucky"), ("persistent", true));
        await workspace.Write("work.txt", "hours of work");
        for (var round = 0; round < 6; round++)
        {
            await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
            using var request = ResumingCall(own, workspace.Id);
            var resuming = own.Http.SendAsync(request, TestContext.Current.CancellationToken);
            // Any moment will do: each round hits the resume somewhere else.
            await Task.Delay(round * 60, TestContext.Current.CancellationToken);
            await own.KillHard();
            // Cut off, or answered just before.
            await resuming.ContinueWith(static task => task.Exception, TaskScheduler.Default);
            await assistant.DisposeAsync();
            await own.InitializeAsync();

            assistant = await own.Connect();
            workspace = new Workspace(assistant, workspace.Spawned);
            Assert.Equal("hours of work", (await workspace.Read("work.txt")).Content);
            await workspace.DockerId();
        }
        await workspace.Kill(("delete_files", true));
        await assistant.DisposeAsync();
    }

    [Fact]
    public async Task After_a_restart_of_the_engine_all_workspaces_come_back_and_the_persistent_ones_by_themselves()
    {
        await using var engine = await PrivateEngine.Started(Images.Busybox);
        var own = new ServerProcess(
            new Dictionary<string, string> { ["MCP_DOCKER_HOST"] = engine.Address, ["MCP_CLEANUP_INTERVAL"] = "1" });
        await own.InitializeAsync();
        try
        {
            await using var assistant = await own.Connect();
            var persistent = await assistant.Spawn(Images.Busybox, ("alias", "stays"), ("persistent", true));
            var transient = await assistant.Spawn(Images.Busybox, ("alias", "goes"));
            await persistent.Write("work.txt", "hours of work");
            await transient.Write("work.txt", "minutes of work");

            await engine.Stop();
            await engine.Start();

            await Deadline.Until(
                async () => (await engine.Docker("ps", "-q", "--filter", $"label=com.mcp.container_id={persistent.Id}")).Length > 0,
                TimeSpan.FromMinutes(1), "the persistent workspace is resumed");
            var attached = await assistant.Call("attach", ("target", "stays"));
            Assert.True(attached.GetProperty("resumed").GetBoolean());
            Assert.Equal("hours of work", (await persistent.Read("work.txt")).Content);
            Assert.Equal("minutes of work", (await transient.Read("work.txt")).Content);

            // And with the server started after the host, as after a reboot.
            await own.Stop();
            await engine.Stop();
            await engine.Start();
            await own.InitializeAsync();
            await Deadline.Until(
                async () => (await engine.Docker("ps", "-q", "--filter", $"label=com.mcp.container_id={persistent.Id}")).Length > 0,
                TimeSpan.FromMinutes(1), "the persistent workspace is resumed");
            await using var again = await own.Connect();
            Assert.Equal(
                "minutes of work",
                (await again.Call("fs_read", ("container_id", "goes"), ("path", "work.txt"))).GetProperty("content").GetString());
            await again.Call("kill", ("container_id", "stays"), ("delete_files", true));
            await again.Call("kill", ("container_id", "goes"));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private async Task First(Assistant assistant, Workspace workspace, string alias, string call)
    {
        var address = new Uri($"workspaces/{alias}/files?path=work.txt", UriKind.Relative);
        switch (call)
        {
            case "exec":
                Assert.True(
                    (await assistant.Call("exec", ("container_id", alias), ("shell", "cat work.txt"))).GetProperty("resumed").GetBoolean());
                break;
            case "exec_start":
                Assert.True(
                    (await assistant.Call("exec_start", ("container_id", alias), ("shell", "true"))).GetProperty("resumed").GetBoolean());
                break;
            case "fs_read":
                Assert.Contains(
                    "started again", await Text(assistant, "fs_read", ("container_id", alias), ("path", "work.txt")),
                    StringComparison.Ordinal);
                break;
            case "fs_edit":
                await workspace.Edit("work.txt", "hours", "days");
                break;
            case "attach":
                Assert.True((await assistant.Call("attach", ("target", alias))).GetProperty("resumed").GetBoolean());
                break;
            case "spawn":
                var spawned = await assistant.Call("spawn", ("image", Images.Busybox), ("alias", alias));
                Assert.True(spawned.GetProperty("resumed").GetBoolean());
                Assert.Equal(workspace.Id, spawned.GetProperty("container_id").GetString());
                break;
            case "download":
                await Http(http => http.GetAsync(address, TestContext.Current.CancellationToken));
                break;
            case "upload":
                using (var content = new ByteArrayContent("hours of work"u8.ToArray()))
                    await Http(http => http.PutAsync(address, content, TestContext.Current.CancellationToken));
                break;
            case "resource":
                var resource = await assistant.Client.ReadResourceAsync(
                    $"workspace://{alias}/work.txt", cancellationToken: TestContext.Current.CancellationToken);
                Assert.Single(resource.Contents);
                break;
            default:
                Assert.Fail($"unknown call {call}");
                break;
        }

        async Task Http(Func<HttpClient, Task<HttpResponseMessage>> send)
        {
            using var http = new HttpClient { BaseAddress = server.BaseAddress };
            using var answer = await send(http);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("true", Assert.Single(answer.Headers.GetValues("Workspace-Resumed")));
            Assert.Contains("was started again", Assert.Single(answer.Headers.GetValues("Workspace-Note")), StringComparison.Ordinal);
        }
    }

    private static async Task<string> Text(Assistant assistant, string tool, params (string Name, string Value)[] arguments)
    {
        var result = await assistant.CallRaw(tool, arguments.ToDictionary(pair => pair.Name, pair => (object?)pair.Value), progress: null);
        return string.Join('\n', result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Select(block => block.Text));
    }

    private static async Task<int> Resumes(Assistant assistant)
    {
        var text = (await assistant.Call("metrics", ("prefix", "mcp_container_resumes"))).GetProperty("text").GetString()!;
        return int.Parse(Successes().Match(text).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static HttpRequestMessage ResumingCall(ServerProcess own, string container) => new(HttpMethod.Post, own.Endpoint)
    {
        Headers = { { "Accept", "application/json, text/event-stream" } },
        Content = new StringContent(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"exec","arguments":"""
                + $$$$"""{"container_id":"{{{{container}}}}","shell":"true"}}}""",
            System.Text.Encoding.UTF8, "application/json"),
    };

    [GeneratedRegex("""(?m)^mcp_container_resumes_total\{result="success"\} (\d+)""")]
    private static partial Regex Successes();

    /// <summary>Without what is of the one container alone: when it was made, and the signature over that.</summary>
    private static string Lasting(string shape) => OfOneContainer().Replace(shape, "");

    [GeneratedRegex("\"com\\.mcp\\.(made_at|signature)\":\"[^\"]*\",?")]
    private static partial Regex OfOneContainer();
}
