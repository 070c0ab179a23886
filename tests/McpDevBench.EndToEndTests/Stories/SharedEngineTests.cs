using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>An engine has what other servers made, and an operator who prunes it.</summary>
public sealed class SharedEngineTests
{
    [Fact]
    public async Task A_prepared_image_of_a_server_that_is_gone_is_collected_when_it_is_old_and_nothing_needs_it()
    {
        await using var engine = await PrivateEngine.Started(Images.Busybox);
        await using var server = await ServerProcess.Started(
            ("MCP_DOCKER_HOST", engine.Address), ("MCP_CLEANUP_ENABLED", "false"));
        await using var assistant = await server.Connect();
        var below = await engine.Docker("image", "inspect", "-f", "{{.Id}}", Images.Busybox);
        var young = await Prepared(engine, below);
        var old = await AgedImage.Of(engine, await Prepared(engine, below));
        var used = await AgedImage.Of(engine, await Prepared(engine, below));
        await engine.Docker("create", used, "true");
        // All that is left of an image that has lost its name: a workspace that has stopped may have to be started from it.
        var last = await AgedImage.Of(engine, await Prepared(engine, $"sha256:{new string('a', 64)}"));
        await engine.Docker("volume", "create", "--label", "com.mcp.devbench=true", "another-server-s");

        var would = await assistant.Call("garbage_collect", ("dry_run", true));
        Assert.Contains(old, would.GetRawText(), StringComparison.Ordinal);
        Assert.True(await Exists(old));
        var done = await assistant.Call("garbage_collect");
        Assert.Contains(
            done.GetProperty("actions").EnumerateArray(), action => action.GetProperty("subject").GetString() == old
                && action.GetProperty("reason").GetString() == "made by another server, more than 30 days ago");
        Assert.Equal((true, false, true, true), (await Exists(young), await Exists(old), await Exists(used), await Exists(last)));

        await engine.Docker("volume", "rm", "another-server-s");
        await assistant.Call("garbage_collect");
        Assert.Equal((true, true, false), (await Exists(young), await Exists(used), await Exists(last)));

        async Task<bool> Exists(string image) =>
            (await engine.Docker("images", "-aq", "--no-trunc")).Split('\n').Contains(image);
    }

    [Fact]
    public async Task The_prune_that_the_guide_names_leaves_kept_files_alone()
    {
        await using var engine = await PrivateEngine.Started(Images.Busybox);
        await using var server = await ServerProcess.Started(("MCP_DOCKER_HOST", engine.Address));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "kept"), ("persistent", true));
        await workspace.Write("work.txt", "hours of work");
        await workspace.Kill();
        await engine.Docker("volume", "create", "garbage");

        var guide = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs/guide/storage.md"), TestContext.Current.CancellationToken);
        var prunes = guide.Split('\n').Where(line => line.StartsWith("docker ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, prunes.Count);
        foreach (var prune in prunes)
            await engine.Docker(
                prune.Split('#')[0].Replace("'", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]);

        Assert.DoesNotContain("garbage", await engine.Docker("volume", "ls", "-q"), StringComparison.Ordinal);
        await assistant.Spawn(Images.Busybox, ("alias", "kept"));
        var read = await assistant.Call("fs_read", ("container_id", "kept"), ("path", "work.txt"));
        Assert.Equal("hours of work", read.GetProperty("content").GetString());
        await assistant.Call("kill", ("container_id", "kept"), ("delete_files", true));
    }

    /// <summary>As another server prepares one: with the labels, and a signature that is not ours.</summary>
    private static async Task<string> Prepared(PrivateEngine engine, string image)
    {
        var container = await engine.Docker("create", Images.Busybox);
        string[] labels = [$"com.mcp.image.base={image}", "com.mcp.image.recipe=0", $"com.mcp.image.signature={Guid.NewGuid():N}"];
        var id = await engine.Docker(["commit", .. labels.SelectMany(label => new[] { "--change", $"LABEL {label}" }), container]);
        await engine.Docker("rm", container);
        return id;
    }
}
