using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Files outlive the workspace that was asked to keep them, until a caller asks for their removal by that word.</summary>
public sealed class KeptFilesTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Kill_keeps_the_files_of_a_persistent_workspace_and_spawn_restores_and_counts_them()
    {
        await using var assistant = await server.Connect();
        var first = await assistant.Spawn(Images.Busybox, ("alias", "keeper"), ("persistent", true));
        for (var file = 0; file < 12; file++)
            await first.Write($"src/{file}.txt", "kept");

        var killed = await first.Kill();
        Assert.Equal(("removed", "kept", "keeper"), (killed.Status, killed.Volume, killed.KeptAs));
        Assert.Empty(await DockerHost.ContainersOf(first.Id));
        var kept = Assert.Single((await assistant.ListContainers(("include_kept", true))).Kept!, files => files.Alias == "keeper");
        Assert.Equal(first.Id, kept.ContainerId);
        Assert.Null((await assistant.ListContainers()).Kept);
        foreach (var target in new[] { "keeper", first.Id })
        {
            var refusal = await Refused.With("container_not_found", () => assistant.Attach(target));
            Assert.Contains("alias=keeper", refusal.Hint, StringComparison.Ordinal);
        }

        // Also for a spawn without persistent: it must not lose what was kept.
        var spawned = await assistant.Call("spawn", ("image", Images.Busybox), ("alias", "keeper"));
        Assert.Equal(12, spawned.GetProperty("restored_files").GetInt32());
        Assert.Equal(
            "kept",
            (await assistant.Call("fs_read", ("container_id", "keeper"), ("path", "src/7.txt"))).GetProperty("content").GetString());
        Assert.Empty((await assistant.ListContainers(("include_kept", true))).Kept!);
        Assert.Equal("kept", (await assistant.Call("kill", ("container_id", "keeper"))).GetProperty("volume").GetString());
        await assistant.Call("kill", ("container_id", "keeper"), ("delete_files", true));
    }

    [Fact]
    public async Task Kept_files_are_removed_when_asked_by_that_word_alone()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "passing"), ("persistent", true));
        await workspace.Write("kept.txt", "kept");
        await workspace.Kill(("keep_workspace", true));
        Assert.Equal("kept", (await workspace.Kill()).Volume);

        Assert.Equal(("removed", null), ((await workspace.Kill(("delete_files", true))).Volume, (await Kept(assistant, "passing"))?.Alias));
        await Refused.With("container_not_found", () => workspace.Kill(("delete_files", true)));
        var again = await assistant.Spawn(Images.Busybox, ("alias", "passing"), ("persistent", true));
        await Refused.With("file_not_found", () => again.Read("kept.txt"));
        await Refused.With("invalid_argument", () => again.Kill(("keep_workspace", true), ("delete_files", true)));
        Assert.Equal("removed", (await again.Kill(("delete_files", true))).Volume);
        Assert.Empty(await DockerHost.VolumesOf(again.Id));
    }

    [Fact]
    public async Task Files_of_a_workspace_without_alias_are_kept_under_a_name_that_is_made_for_them()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("persistent", true));
        await workspace.Write("kept.txt", "kept");

        var alias = (await workspace.Kill()).KeptAs!;

        var again = await assistant.Spawn(Images.Busybox, ("alias", alias));
        Assert.Equal("kept", (await again.Read("kept.txt")).Content);
        await again.Kill(("delete_files", true));
    }

    [Fact]
    public async Task A_workspace_that_is_not_persistent_can_be_kept_and_a_stopped_one_can_be_made_persistent()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "changed-mind"));
        await workspace.Write("work.txt", "work");
        await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
        await assistant.Call("spawn", ("alias", "changed-mind"), ("persistent", true), ("image", Images.Busybox));
        Assert.Equal("kept", (await workspace.Kill()).Volume);

        var transient = await assistant.Spawn(Images.Busybox, ("alias", "kept-once"));
        await transient.Write("work.txt", "work");
        Assert.Equal("kept", (await transient.Kill(("keep_workspace", true))).Volume);
        foreach (var alias in new[] { "changed-mind", "kept-once" })
        {
            var again = await assistant.Spawn(Images.Python, ("alias", alias));
            Assert.Equal("work", (await again.Read("work.txt")).Content);
            await again.Kill(("delete_files", true));
        }
    }

    [Fact]
    public async Task A_spawn_that_asks_for_something_else_than_the_stopped_workspace_loses_nothing()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "other-image"));
        await workspace.Write("work.txt", "work");
        await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());

        var refusal = await Refused.With("conflict", () => assistant.Spawn(Images.Python, ("alias", "other-image")));
        Assert.Contains("attach", refusal.Hint, StringComparison.Ordinal);
        Assert.Contains("keep_workspace=true", refusal.Hint, StringComparison.Ordinal);
        Assert.False(
            (await assistant.Call("spawn", ("image", Images.Python), ("alias", "other-image"), ("dry_run", true)))
                .GetProperty("allowed").GetBoolean());
        Assert.True(
            (await assistant.Call("spawn", ("image", Images.Busybox), ("alias", "other-image"), ("dry_run", true)))
                .GetProperty("allowed").GetBoolean());

        await assistant.Attach("other-image");
        Assert.Equal("work", (await workspace.Read("work.txt")).Content);
        await workspace.Kill(("keep_workspace", true));
        var python = await assistant.Spawn(Images.Python, ("alias", "other-image"));
        Assert.Equal("work", (await python.Read("work.txt")).Content);
        await python.Kill(("delete_files", true));
    }

    [Fact]
    public async Task Kept_files_come_back_with_their_image_and_another_one_is_remarked()
    {
        await using var assistant = await server.Connect();
        var image = (await assistant.Call("spawn", ("alias", "its-image"), ("persistent", true), ("image", Images.Languages)))
            .GetProperty("image").GetString()!;
        await assistant.Call("kill", ("container_id", "its-image"));
        var would = await assistant.Call("spawn", ("alias", "its-image"), ("dry_run", true));
        Assert.Equal(image, would.GetProperty("image").GetString());
        (string, System.Text.Json.Nodes.JsonNode?)[] again = [("alias", "its-image"), ("idempotency_key", "its-image")];
        var spawned = await assistant.Call("spawn", again);
        Assert.Equal(image, spawned.GetProperty("image").GetString());
        Assert.StartsWith("Files alone are kept", spawned.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.True((await assistant.Call("spawn", again)).GetProperty("replayed").GetBoolean());
        await assistant.Call("kill", ("container_id", "its-image"));

        var other = await assistant.Call("spawn", ("alias", "its-image"), ("image", Images.Busybox));
        Assert.Contains($"with the image {image}", other.GetProperty("note").GetString(), StringComparison.Ordinal);
        await assistant.Call("kill", ("container_id", "its-image"), ("delete_files", true));
    }

    [Fact]
    public async Task The_end_of_its_time_removes_a_persistent_workspace_but_not_its_files()
    {
        await using var brisk = await ServerProcess.Started(("MCP_CLEANUP_INTERVAL", "1"));
        await using var assistant = await brisk.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("persistent", true), ("ttl_s", 3));
        await workspace.Write("work.txt", "work");

        await Deadline.Until(
            async () => (await DockerHost.ContainersOf(workspace.Id)).Count == 0, TimeSpan.FromSeconds(60), "the container is removed");
        await Deadline.Until(
            async () => (await assistant.ListContainers(("include_kept", true))).Kept!.Count == 1, TimeSpan.FromSeconds(60),
            "its files are listed");
        var alias = Assert.Single((await assistant.ListContainers(("include_kept", true))).Kept!).Alias;
        var again = await assistant.Spawn(Images.Busybox, ("alias", alias));
        Assert.Equal("work", (await again.Read("work.txt")).Content);
    }

    private static async Task<KeptFiles?> Kept(Assistant assistant, string alias) =>
        (await assistant.ListContainers(("include_kept", true))).Kept!.FirstOrDefault(files => files.Alias == alias);
}
