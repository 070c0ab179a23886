using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The image below a workspace gets a thin layer once; nothing else of it changes, and the layer goes with it.</summary>
public sealed class PreparedImageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task An_image_is_prepared_once_and_workspaces_stay_pinned_to_the_image_itself()
    {
        await using var assistant = await server.Connect();
        var spawned = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => assistant.Spawn(Images.Busybox)));
        var prepared = Assert.Single((await Task.WhenAll(spawned.Select(ImageOf))).Distinct());
        var image = await DockerHost.Docker("image", "inspect", "-f", "{{.Id}}", Images.Busybox);
        Assert.NotEqual(image, prepared);
        Assert.Equal(image, Assert.Single(spawned.Select(workspace => workspace.Spawned.Digest).Distinct()));

        await server.Restart();
        await using var later = await server.Connect();
        Assert.Equal(prepared, await ImageOf(await later.Spawn(Images.Busybox)));
    }

    [Fact]
    public async Task One_that_an_operator_pruned_is_prepared_again()
    {
        await using var assistant = await server.Connect();
        var first = await assistant.Spawn(Images.Scratch);
        var prepared = await ImageOf(first);
        await first.Kill();
        await DockerHost.Docker("image", "rm", prepared);
        var second = await assistant.Spawn(Images.Scratch);
        Assert.NotEqual(prepared, await ImageOf(second));
    }

    [Fact]
    public async Task It_is_collected_when_its_image_is_gone_and_not_while_a_workspace_has_it()
    {
        var name = $"devbench-test/passing:{Guid.NewGuid():N}";
        await Derive(name);
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(name);
        var prepared = await ImageOf(workspace);
        await DockerHost.Docker("image", "rm", name);
        await assistant.Call("garbage_collect");
        Assert.Equal("alive", await workspace.Sh("echo alive"));
        await workspace.Kill();
        await assistant.Call("garbage_collect");
        Assert.NotEqual(0, (await Command.Run("docker", ["image", "inspect", prepared])).ExitCode);
    }

    [Fact]
    public async Task An_image_that_claims_to_be_a_prepared_one_is_not_used()
    {
        var (name, forged) = ($"devbench-test/victim:{Guid.NewGuid():N}", $"devbench-test/forged:{Guid.NewGuid():N}");
        await Derive(name);
        try
        {
            await using var assistant = await server.Connect();
            var genuine = await ImageOf(await assistant.Spawn(Images.Busybox));
            var recipe = await DockerHost.Docker("image", "inspect", "-f", "{{index .Config.Labels \"com.mcp.image.recipe\"}}", genuine);
            var signature = await DockerHost.Docker("image", "inspect", "-f", "{{index .Config.Labels \"com.mcp.image.signature\"}}",
                genuine);
            var victim = await DockerHost.Docker("image", "inspect", "-f", "{{.Id}}", name);
            await Derive(forged, $"com.mcp.image.base={victim}", $"com.mcp.image.recipe={recipe}", $"com.mcp.image.signature={signature}",
                "com.mcp.image.user=user", "com.mcp.image.shell=/bin/sh");
            Assert.NotEqual(await DockerHost.Docker("image", "inspect", "-f", "{{.Id}}", forged),
                await ImageOf(await assistant.Spawn(name)));
        }
        finally
        {
            await Command.Run("docker", ["image", "rm", forged, name]);
        }
    }

    private static async Task<string> ImageOf(Workspace workspace) =>
        await DockerHost.Docker("inspect", "-f", "{{.Image}}", await workspace.DockerId());

    /// <summary>An image with a name of its own, that nothing else uses.</summary>
    private static async Task Derive(string name, params string[] labels)
    {
        var container = await DockerHost.Docker("create", Images.Busybox);
        try
        {
            await DockerHost.Docker(
                ["commit", "--message", name, .. labels.SelectMany(label => new[] { "--change", $"LABEL {label}" }), container, name]);
        }
        finally
        {
            await DockerHost.Docker("rm", container);
        }
    }
}
