using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// Images whose links and volumes lead into what is the workspace's or the agent's: the workspace is whole, or there is none.
/// </summary>
public sealed class HostileImageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    public static TheoryData<string, string, string> Images_that_work() => new()
    {
        { "the agent's folder leads to the workspace", "ln -s /workspace /devbench; ln -s /workspace /.mcp-devbench", "" },
        { "the agent's folder leads to the root", "ln -s / /devbench; ln -s / /.mcp-devbench", "" },
        { "the agent's folder is a file", "echo x > /devbench; echo x > /.mcp-devbench", "" },
        { "the agent's folder is a volume", "mkdir /devbench /.mcp-devbench", "VOLUME /devbench /.mcp-devbench" },
        { "the workspace is a volume, written otherwise", "mkdir /workspace", "VOLUME /./workspace" },
        { "the workspace is a file", "echo x > /workspace", "" },
        { "temporary files lead to the workspace", "mkdir /workspace; rm -rf /tmp /run; ln -s /workspace /tmp; ln -s /workspace /run", "" },
        { "the home directory leads to the workspace", "mkdir /workspace; rm -rf /home; ln -s /workspace /home", "" },
    };

    [Theory]
    [MemberData(nameof(Images_that_work))]
    public async Task What_is_kept_is_there_again_and_nobody_else_is_the_agent(string what, string script, string change)
    {
        await using var image = await DerivedImage.Of(script, change);
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(image.Name, ("alias", image.Alias));
        // Where its agent would be looked for, if the links counted.
        await workspace.Write("devbench-agent", "#!/bin/sh\nexit 1\n");
        await workspace.Sh("chmod +x /workspace/devbench-agent; echo kept > /workspace/note.txt; echo home > ~/note.txt; echo x > /tmp/x");
        Assert.Equal("devbench-agent\nnote.txt", await workspace.Sh("ls -A /workspace"));
        Assert.Equal("kept", (await workspace.Kill(("keep_workspace", true))).Volume);

        var again = await assistant.Spawn(image.Name, ("alias", image.Alias));
        Assert.True(await again.Sh("cat /workspace/note.txt ~/note.txt") == "kept\nhome", what);
        await again.Kill(("delete_files", true));
    }

    [Theory]
    [InlineData("mkdir /workspace; ln -s /workspace /data", "VOLUME /data", "/data, which leads to /workspace")]
    [InlineData("mkdir /workspace", "VOLUME /workspace/build", "/workspace/build")]
    [InlineData("true", "VOLUME /proc/x", "/proc/x")]
    public async Task An_image_with_a_volume_in_the_way_is_refused_with_a_sentence(string script, string change, string named)
    {
        await using var image = await DerivedImage.Of(script, change);
        await using var assistant = await server.Connect();
        var refusal = await Refused.With("image_not_allowed", () => assistant.Spawn(image.Name));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Busybox, changed by a script, and then by an instruction of a Dockerfile.</summary>
    private sealed class DerivedImage(string name) : IAsyncDisposable
    {
        public string Name => $"devbench-test/{name}:1";

        public string Alias => name;

        public static async Task<DerivedImage> Of(string script, string change)
        {
            var name = $"hostile-{Guid.NewGuid():N}";
            await DockerHost.Docker("run", "--name", name, "--network", "none", Images.Busybox, "sh", "-c", script);
            var image = new DerivedImage(name);
            try
            {
                string[] changes = change.Length == 0 ? [] : ["--change", change];
                await DockerHost.Docker(["commit", .. changes, name, image.Name]);
            }
            finally
            {
                await DockerHost.Docker("rm", name);
            }
            return image;
        }

        public async ValueTask DisposeAsync() => await Command.Run("docker", ["image", "rm", Name]);
    }
}
