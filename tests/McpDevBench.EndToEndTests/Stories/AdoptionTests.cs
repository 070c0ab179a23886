using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The server's database is lost. What Docker has still belongs to its owners, as it was.</summary>
public sealed class AdoptionTests
{
    [Fact]
    public async Task A_running_container_is_adopted_with_everything_that_its_labels_and_Docker_tell_and_says_what_is_lost()
    {
        await using var server = await ServerProcess.Started(("MCP_ALLOW_NETWORK", "true"));
        string id, path;
        JsonNode before;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(
                Images.Python, ("alias", "orphan"), ("persistent", true), ("memory_mb", 128), ("cpus", 0.5), ("network", "bridge"),
                ("ttl_s", 86_400),
                ("env", new JsonObject { ["PROJECT_MODE"] = "fast" }), ("labels", new JsonObject { ["task"] = "adoption" }));
            (id, path) = (workspace.Id, await workspace.Sh("echo $PATH $HOME"));
            await workspace.Write("work.txt", "hours of work");
            before = await Listed(assistant);
        }

        await LoseDatabase(server);

        await using var again = await server.Connect();
        Assert.Contains(
            "Adopted since the start, because the database did not know them: 1 workspace.", await Reconciliation(again),
            StringComparison.Ordinal);
        // By the first call, whichever it is, and by each attach.
        var (structure, first) = await again.CallWithText("fs_read", ("container_id", "orphan"), ("path", "work.txt"));
        Assert.Contains("The server's database was lost", first, StringComparison.Ordinal);
        Assert.Contains("The server's database was lost", structure.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("PROJECT_MODE", first, StringComparison.Ordinal);
        Assert.Contains("Commands that were still running were ended", first, StringComparison.Ordinal);
        var (_, second) = await again.CallWithText("fs_read", ("container_id", "orphan"), ("path", "work.txt"));
        Assert.DoesNotContain("database", second, StringComparison.Ordinal);
        var attached = await again.Call("attach", ("target", "orphan"));
        Assert.Equal(id, attached.GetProperty("container_id").GetString());
        var note = attached.GetProperty("note").GetString();
        Assert.Contains("PROJECT_MODE", note, StringComparison.Ordinal);
        Assert.DoesNotContain("fast", note, StringComparison.Ordinal);
        var adopted = new Workspace(again, new Spawned(id, "orphan", "", null, "running", "/workspace", false, null));
        Assert.Equal(path, await adopted.Sh("echo $PATH $HOME"));
        Assert.Equal("hours of work", (await adopted.Read("work.txt")).Content);
        var after = await Listed(again);
        foreach (var name in new[] { "container_id", "alias", "image", "status", "persistent", "created_at", "expires_at" })
            Assert.Equal(before[name]?.ToJsonString(), after[name]?.ToJsonString());

        // Also what only shows when it is made anew.
        await DockerHost.Docker("stop", "--time", "0", await adopted.DockerId());
        Assert.Equal("hours of work", (await adopted.Read("work.txt")).Content);
        Assert.Equal("bridge 134217728 500000000", await DockerHost.Docker(
            "inspect", "--format", "{{.HostConfig.NetworkMode}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}",
            await adopted.DockerId()));
        await adopted.Kill(("delete_files", true));
    }

    [Fact]
    public async Task A_stopped_container_is_adopted_and_comes_back_with_its_files()
    {
        await using var server = await ServerProcess.Started();
        string id;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "rebooted"));
            id = workspace.Id;
            await workspace.Write("work.txt", "hours of work");
            await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
        }

        await LoseDatabase(server);

        await using var again = await server.Connect();
        // The first use is a download: its answer has the notes too.
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        using var download = await http.GetAsync("/workspaces/rebooted/files?path=work.txt", TestContext.Current.CancellationToken);
        Assert.Equal("hours of work", await download.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var note = Assert.Single(download.Headers.GetValues("Workspace-Note"));
        Assert.Contains("The server's database was lost", note, StringComparison.Ordinal);
        Assert.Contains("rebooted had stopped and was started again", note, StringComparison.Ordinal);
        var read = await again.Call("fs_read", ("container_id", "rebooted"), ("path", "work.txt"));
        Assert.Equal("hours of work", read.GetProperty("content").GetString());
        // A model reads no headers: the result of the first tool has them as well, and the next one no more.
        Assert.Equal(2, read.GetProperty("notes").GetArrayLength());
        read = await again.Call("fs_read", ("container_id", "rebooted"), ("path", "work.txt"));
        Assert.False(read.TryGetProperty("notes", out _));
        Assert.Equal("removed", (await again.Call("kill", ("container_id", id))).GetProperty("volume").GetString());
    }

    [Fact]
    public async Task Kept_files_without_a_container_are_found_again_and_files_that_nothing_names_are_left_alone()
    {
        await using var server = await ServerProcess.Started();
        string transientVolume;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "kept-lost"), ("persistent", true));
            await workspace.Write("work.txt", "hours of work");
            Assert.Equal("kept", (await workspace.Kill()).Volume);
            var transient = await assistant.Spawn(Images.Busybox, ("alias", "nameless"));
            transientVolume = await DockerHost.Docker(
                "inspect", "--format", "{{range .Mounts}}{{if eq .Destination \"/workspace\"}}{{.Name}}{{end}}{{end}}",
                await transient.DockerId());
            Assert.Equal("kept", (await transient.Kill(("keep_workspace", true))).Volume);
        }

        await LoseDatabase(server);

        await using var again = await server.Connect();
        Assert.Equal("kept-lost", Assert.Single((await again.ListContainers(("include_kept", true))).Kept!).Alias);
        var restored = await again.Spawn(Images.Busybox, ("alias", "kept-lost"));
        Assert.Equal("hours of work", (await restored.Read("work.txt")).Content);
        await restored.Kill(("delete_files", true));
        // Nothing is garbage only because the database is younger.
        var collected = await again.Call("garbage_collect");
        Assert.Contains(collected.GetProperty("actions").EnumerateArray(), action =>
            action.GetProperty("subject").GetString() == transientVolume && action.GetProperty("kind").GetString() == "left_alone");
        Assert.Contains(transientVolume, await DockerHost.Docker("volume", "ls", "-q"), StringComparison.Ordinal);
        await DockerHost.Docker("volume", "rm", transientVolume, transientVolume + "_home");
    }

    [Fact]
    public async Task When_the_key_is_lost_too_the_log_and_the_status_say_what_was_not_adopted()
    {
        await using var server = await ServerProcess.Started();
        string id, dockerId;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "forgotten"), ("persistent", true));
            (id, dockerId) = (workspace.Id, await workspace.DockerId());
        }
        try
        {
            await LoseDatabase(server, withKey: true);

            await using var again = await server.Connect();
            var status = await Reconciliation(again);
            // Other tests have containers at the same time.
            Assert.Matches("Not adopted, [^:]*: [1-9][0-9]* containers? and [1-9][0-9]* volumes? with persistent files, [1-9]", status);
            var line = server.Log.Split('\n')
                .Last(line => line.Contains("Containers or files of another state exist", StringComparison.Ordinal));
            Assert.Contains("\"level\":\"WARNING\"", line, StringComparison.Ordinal);
            Assert.True((await again.Call("system_status")).GetProperty("ready").GetBoolean());
            Assert.Contains(dockerId, (await again.Call("reconcile")).GetRawText(), StringComparison.Ordinal);
        }
        finally
        {
            await DockerHost.Docker("rm", "-f", dockerId);
            await DockerHost.Docker(["volume", "rm", .. await DockerHost.VolumesOf(id)]);
        }
    }

    private static async Task<string> Reconciliation(Assistant assistant) =>
        (await assistant.Call("system_status")).GetProperty("checks").EnumerateArray()
        .Single(check => check.GetProperty("name").GetString() == "reconciliation").GetProperty("detail").GetString()!;

    private static async Task LoseDatabase(ServerProcess server, bool withKey = false)
    {
        Assert.Equal(0, await server.Stop());
        foreach (var file in Directory.GetFiles(server.Folder, "state.db*")
            .Where(file => withKey || !file.EndsWith(".key", StringComparison.Ordinal)))
            File.Delete(file);
        // Docker reports the age of a volume, and the database its own, in whole seconds.
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        await server.InitializeAsync();
    }

    private static async Task<JsonNode> Listed(Assistant assistant)
    {
        var list = await assistant.Call("list_containers", ("label", "task=adoption"));
        return JsonNode.Parse(Assert.Single(list.GetProperty("containers").EnumerateArray()).GetRawText())!;
    }
}
