using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What an answer reports of a workspace is so now: its state, whether its files are kept, what a resume has changed.</summary>
public sealed class WorkspaceStateTests(WorkspaceStateTests.UnsweptServer server) : IClassFixture<WorkspaceStateTests.UnsweptServer>
{
    [Fact]
    public async Task Spawn_and_attach_say_whether_kill_keeps_the_files()
    {
        await using var assistant = await server.Connect();
        foreach (var persistent in new[] { true, false })
        {
            var alias = $"told-{persistent}";
            var (structure, text) = await Call(assistant, "spawn", ("alias", alias), ("persistent", persistent));
            Assert.Equal(persistent, structure.GetProperty("persistent").GetBoolean());
            var words = persistent ? "(persistent: kill keeps them)" : "(not persistent: kill deletes them)";
            Assert.Contains(words, text, StringComparison.Ordinal);
            (structure, text) = await Call(assistant, "attach", ("target", alias));
            Assert.Equal(persistent, structure.GetProperty("persistent").GetBoolean());
            Assert.Contains(words, text, StringComparison.Ordinal);
            await assistant.Call("kill", ("container_id", alias), ("delete_files", true));
        }
    }

    [Fact]
    public async Task A_stopped_workspace_that_is_spawned_again_gets_what_can_change_and_the_answer_names_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(
            Images.Busybox, ("alias", "changed"), ("ttl_s", 3600),
            ("env", new JsonObject { ["KEPT"] = "old", ["BOTH"] = "old" }), ("labels", new JsonObject { ["task"] = "old" }));
        await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
        (string, JsonNode?)[] again =
        [
            ("alias", "changed"), ("ttl_s", 86_400), ("idle_ttl_s", 50_000), ("persistent", true),
            ("env", new JsonObject { ["BOTH"] = "new", ["ADDED"] = "new" }), ("labels", new JsonObject { ["task"] = "new" }),
        ];

        var (_, would) = await Call(assistant, "spawn", [.. again, ("dry_run", true)]);
        Assert.Contains("with persistent, ttl_s, idle_ttl_s, env, labels as given", would, StringComparison.Ordinal);
        var (spawned, text) = await Call(assistant, "spawn", again);

        Assert.True(spawned.GetProperty("resumed").GetBoolean());
        Assert.Equal(
            ["persistent", "ttl_s", "idle_ttl_s", "env", "labels"],
            spawned.GetProperty("applied").EnumerateArray().Select(name => name.GetString()!));
        Assert.Contains("with these arguments of this call: persistent, ttl_s, idle_ttl_s, env, labels.", text, StringComparison.Ordinal);
        Assert.InRange(spawned.GetProperty("expires_at").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromHours(13),
            TimeSpan.FromHours(14));
        Assert.Equal("old new new", await workspace.Sh("echo $KEPT $BOTH $ADDED"));
        Assert.Single((await assistant.ListContainers(("label", "task=new"))).Containers, found => found.ContainerId == workspace.Id);
        Assert.Empty((await assistant.ListContainers(("label", "task=old"))).Containers);
        Assert.Equal(
            "new", await DockerHost.Docker("inspect", "--format", "{{.Config.Labels.task}}", await workspace.DockerId()));

        await server.Restart();
        await using var later = await server.Connect();
        Assert.Equal(
            spawned.GetProperty("expires_at").GetString(), (await Listed(later, workspace.Id)).GetProperty("expires_at").GetString());
        Assert.Equal("kept", (await later.Call("kill", ("container_id", "changed"))).GetProperty("volume").GetString());
        await later.Call("kill", ("container_id", "changed"), ("delete_files", true));
    }

    [Fact]
    public async Task A_listing_shows_at_once_what_was_done_to_a_container_past_the_server()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "watched"));
        var dockerId = await workspace.DockerId();
        await workspace.ExecStart("sleep 1000");
        Assert.Equal(("running", 1), await State());

        await DockerHost.Docker("pause", dockerId);
        Assert.Equal(("paused", 1), await State());
        await DockerHost.Docker("unpause", dockerId);
        Assert.Equal(("running", 1), await State());
        await DockerHost.Docker("stop", "--time", "0", dockerId);
        Assert.Equal(("stopped", 0), await State());
        var (others, text) = await Call(assistant, "list_containers");
        Assert.DoesNotContain(
            others.GetProperty("containers").EnumerateArray(), found => found.GetProperty("container_id").GetString() == workspace.Id);
        Assert.Contains("Not listed: 1 stopped workspace.", text, StringComparison.Ordinal);
        await DockerHost.Docker("start", dockerId);
        Assert.Equal("running", (await State()).Status);
        await DockerHost.Docker("rm", "-f", dockerId);
        Assert.Equal(("stopped", 0), await State());

        await assistant.Attach("watched");
        Assert.Equal(("running", 0), await State());
        await workspace.Kill();

        async Task<(string Status, int Execs)> State()
        {
            var found = await Listed(assistant, workspace.Id);
            return (found.GetProperty("status").GetString()!, found.GetProperty("running_execs").GetInt32());
        }
    }

    [Fact]
    public async Task A_listing_without_Docker_says_that_it_is_not_current()
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var own = await ServerProcess.Started(("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"));
        await using var assistant = await own.Connect();
        await assistant.Spawn(Images.Busybox);
        foreach (Action failure in new Action[] { proxy.Cut, proxy.FallSilent })
        {
            failure();
            var (listed, text) = await Call(assistant, "list_containers");
            Assert.Equal("running", Assert.Single(listed.GetProperty("containers").EnumerateArray()).GetProperty("status").GetString());
            Assert.EndsWith("Docker does not answer: the states are those that were known before.", text, StringComparison.Ordinal);
            proxy.Recover();
        }
    }

    [Fact]
    public async Task A_restored_workspace_names_the_home_directory_beside_the_files()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "homely"), ("persistent", true));
        await workspace.Sh("echo 1 >one; mkdir ~/tools; echo x >~/tools/x; echo y >~/.profile");
        await workspace.Kill();

        var (spawned, text) = await Call(assistant, "spawn", ("alias", "homely"));

        Assert.Equal((1, 3), (spawned.GetProperty("restored_files").GetInt32(), spawned.GetProperty("restored_home_entries").GetInt32()));
        Assert.Contains("Restored 1 kept file in /workspace and 3 entries in the home directory.", text, StringComparison.Ordinal);
        var read = await assistant.Call("exec", ("container_id", "homely"), ("shell", "cat one ~/tools/x ~/.profile"));
        Assert.Equal("1\nx\ny\n", read.GetProperty("stdout").GetString());
        await assistant.Call("kill", ("container_id", "homely"), ("delete_files", true));
    }

    [Fact]
    public async Task Kept_files_whose_volume_is_gone_are_listed_as_lost_and_a_spawn_reports_the_loss()
    {
        await using var assistant = await server.Connect();
        foreach (var alias in new[] { "lost-listed", "lost-spawned" })
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", alias), ("persistent", true));
            await workspace.Kill();
            foreach (var volume in await DockerHost.VolumesOf(workspace.Id))
                await DockerHost.Docker("volume", "rm", volume);
        }

        var (listed, text) = await Call(assistant, "list_containers", ("include_kept", true));
        Assert.All(Kept(listed), files => Assert.True(files.GetProperty("lost").GetBoolean()));
        Assert.Contains("kept files of lost-listed", text, StringComparison.Ordinal);
        Assert.Contains("LOST", text, StringComparison.Ordinal);
        await assistant.Call("kill", ("container_id", "lost-listed"), ("delete_files", true));
        var (spawned, said) = await Call(assistant, "spawn", ("alias", "lost-spawned"));
        Assert.Contains("The files that were kept as 'lost-spawned' are lost", spawned.GetProperty("note").GetString(),
            StringComparison.Ordinal);
        Assert.Contains("The files that were kept as 'lost-spawned' are lost", said, StringComparison.Ordinal);
        Assert.False(spawned.TryGetProperty("restored_files", out _));
        await assistant.Call("kill", ("container_id", "lost-spawned"), ("delete_files", true));
        Assert.Empty(Kept((await Call(assistant, "list_containers", ("include_kept", true))).Structure));

        static IEnumerable<JsonElement> Kept(JsonElement list) => list.GetProperty("kept").EnumerateArray()
            .Where(files => files.GetProperty("alias").GetString()!.StartsWith("lost-", StringComparison.Ordinal));
    }

    private static async Task<JsonElement> Listed(Assistant assistant, string id)
    {
        var (list, _) = await Call(assistant, "list_containers", ("include_stopped", true));
        return list.GetProperty("containers").EnumerateArray().Single(found => found.GetProperty("container_id").GetString() == id);
    }

    private static async Task<(JsonElement Structure, string Text)> Call(
        Assistant assistant, string tool, params (string Name, JsonNode? Value)[] with)
    {
        var arguments = new JsonObject(with.Select(argument => KeyValuePair.Create(argument.Name, argument.Value?.DeepClone())));
        var result = await assistant.CallRaw(tool, Assistant.Arguments(arguments.ToJsonString()), progress: null);
        return (result.StructuredContent!.Value,
            string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text)));
    }

    /// <summary>Its sweeps come so seldom that none happens during a test.</summary>
    public sealed class UnsweptServer : IAsyncLifetime
    {
        private readonly ServerProcess _server = new(new Dictionary<string, string> { ["MCP_CLEANUP_INTERVAL"] = "86400" });

        public ValueTask InitializeAsync() => _server.InitializeAsync();

        public Task<Assistant> Connect() => _server.Connect();

        public Task Restart() => _server.Restart();

        public ValueTask DisposeAsync() => _server.DisposeAsync();
    }
}
