using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The image of a workspace is removed from the Docker host.</summary>
public sealed class LostImageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_workspace_whose_image_is_gone_keeps_its_files_and_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var image = $"devbench-test/passing:{Guid.NewGuid():N}";
        var built = (await DockerHost.Docker("create", Images.Busybox, "true")).Trim();
        await DockerHost.Docker("commit", "--change", $"LABEL passing={image}", built, image);
        await DockerHost.Docker("rm", built);
        try
        {
            await DockerHost.Docker("save", "-o", folder["image.tar"], image);
            await using var assistant = await server.Connect();
            var workspace = await assistant.Spawn(image, ("alias", "imageless"));
            await workspace.Write("work.txt", "hours of work");
            await DockerHost.Docker("rm", "-f", await workspace.DockerId());
            // With the layer that the server made on top: that alone would keep the image.
            var id = await DockerHost.Docker("inspect", "--format", "{{.Id}}", image);
            foreach (var layer in (await DockerHost.Docker("images", "-aq", "--filter", $"label=com.mcp.image.base={id}"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await DockerHost.Docker("rmi", "-f", layer);
            await DockerHost.Docker("rmi", "-f", image);

            var refusal = await Refused.With("image_not_found", () => workspace.Exec("true"));
            Assert.Contains("files are kept", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("attach", refusal.Hint, StringComparison.Ordinal);

            await DockerHost.Docker("load", "-i", folder["image.tar"]);
            Assert.Equal("hours of work", (await workspace.Read("work.txt")).Content);
            await workspace.Kill();
        }
        finally
        {
            await Command.Run("docker", "rmi", "-f", image);
        }
    }
}
