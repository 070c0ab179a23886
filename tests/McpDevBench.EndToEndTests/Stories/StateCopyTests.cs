using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What others do on the Docker host, past the server: it finds out before a workspace has to suffer.</summary>
public sealed class StateCopyTests
{
    [Fact]
    public async Task A_server_on_a_copy_of_the_state_does_not_start_beside_the_original()
    {
        await using var original = await ServerProcess.Started();
        await using var assistant = await original.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("note.txt", "mine");

        var copy = new ServerProcess();
        foreach (
            var file in Directory.GetFiles(original.Folder, "state.db*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(copy.Folder, Path.GetFileName(file)));
        await copy.Start();
        await Deadline.Until(() => Task.FromResult(!copy.IsRunning), TimeSpan.FromSeconds(30), "the copy ends");
        Assert.Contains("Another mcp-devbench uses a copy of this state", copy.Log, StringComparison.Ordinal);
        await copy.DisposeAsync();

        Assert.Equal("mine", (await workspace.Read("note.txt")).Content);
        Assert.Equal("still here", await workspace.Sh("echo still here"));
        // The same state after a crash is no copy: it goes on at once.
        await original.Restart();
        await using var later = await original.Connect();
        Assert.Equal(
            "mine", (await later.Call("fs_read", ("container_id", workspace.Id), ("path", "note.txt"))).GetProperty("content").GetString());
    }

    [Fact]
    public async Task Volumes_that_waited_for_workspaces_and_were_pruned_are_made_anew()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var before = (await Volumes()).ToHashSet();
        await assistant.Spawn(Images.Busybox);
        var waiting = new List<string>();
        await Deadline.Until(
            async () =>
            {
                waiting = [.. (await Volumes()).Where(
                    volume => !before.Contains(volume) && volume.StartsWith("mcpdevbench_transient_", StringComparison.Ordinal))];
                return waiting.Count >= 16;
            },
            TimeSpan.FromSeconds(30), "volumes wait for the next workspaces");
        foreach (var volume in waiting)
            await Command.Run("docker", ["volume", "rm", volume]);

        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("note.txt", "mine");
        Assert.Equal($"{await workspace.User()} {await workspace.User()}", await workspace.Sh("echo $(stat -c %u:%g /workspace ~)"));
    }

    [Fact]
    public async Task A_container_that_carries_a_copy_of_our_labels_is_left_running()
    {
        await using var server = await ServerProcess.Started();
        string copy;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "copied"));
            var labels = JsonNode.Parse(
                await DockerHost.Docker("inspect", "--format", "{{json .Config.Labels}}", await workspace.DockerId()))!.AsObject();
            var image = await DockerHost.Docker("inspect", "--format", "{{.Image}}", await workspace.DockerId());
            copy = await DockerHost.Docker(
                ["run", "-d", "--network", "none", .. labels.SelectMany(label => new[] { "--label", $"{label.Key}={label.Value}" }),
                    "--entrypoint", "sleep", image, "600"]);
        }
        try
        {
            // What is older than the server's start is no spawn under way.
            await server.Restart();
            await using var assistant = await server.Connect();
            var swept = await assistant.Call("reconcile");
            Assert.Contains(swept.GetProperty("actions").EnumerateArray(), action =>
                action.GetProperty("subject").GetString() == copy && action.GetProperty("kind").GetString() == "left_alone");
            Assert.Equal("true", await DockerHost.Docker("inspect", "--format", "{{.State.Running}}", copy));
        }
        finally
        {
            await DockerHost.Docker("rm", "-f", copy);
        }
    }

    private static async Task<string[]> Volumes() =>
        (await DockerHost.Docker("volume", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
