using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// A volume was removed past the server. Nothing can bring its files back; every answer says what is lost, and nothing else is lost by it.
/// </summary>
public sealed class LostVolumeTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Both_volumes_that_are_gone_are_reported_and_the_hint_leads_to_a_new_workspace()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "volumeless"), ("persistent", true));
        await DockerHost.Docker("rm", "-f", await workspace.DockerId());
        await DockerHost.Docker("volume", "rm", VolumeOf(workspace), HomeOf(workspace));

        var refusal = await Refused.With("workspace_lost", () => workspace.Exec("true"));
        Assert.Contains("kill", refusal.Hint, StringComparison.Ordinal);
        Assert.Contains("spawn", refusal.Hint, StringComparison.Ordinal);
        Assert.Equal("removed", (await workspace.Kill()).Volume);
        Assert.DoesNotContain((await assistant.ListContainers(("include_kept", true))).Kept!, files => files.Alias == "volumeless");
        var again = await assistant.Spawn(Images.Busybox, ("alias", "volumeless"), ("persistent", true));
        Assert.Equal("here", await again.Sh("echo here"));
        await again.Kill(("delete_files", true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_home_directory_that_is_left_is_kept_until_its_deletion_is_asked_for(bool persistent)
    {
        await using var assistant = await server.Connect();
        var alias = $"home-left-{persistent}";
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", alias), ("persistent", persistent));
        await workspace.Sh("echo mine >~/note");
        var (dockerId, volume) = (await workspace.DockerId(), await VolumeMounted(workspace));
        await DockerHost.Docker("rm", "-f", dockerId);
        await DockerHost.Docker("volume", "rm", volume);
        // Also where the server looks at everything between two calls.
        await assistant.Call("reconcile");

        var lost = await Refused.With("workspace_lost", () => workspace.Exec("true"));
        Assert.Contains("home directory is still there", lost.Message, StringComparison.Ordinal);
        Assert.Contains("keep_workspace=true", lost.Hint, StringComparison.Ordinal);
        Assert.Contains($"alias={alias}", lost.Hint, StringComparison.Ordinal);
        var (structure, text) = await assistant.CallWithText("kill", ("container_id", alias), ("keep_workspace", !persistent));
        Assert.Equal("kept", structure.GetProperty("volume").GetString());
        Assert.Contains("Only the home directory is kept", text, StringComparison.Ordinal);
        // Neither of these removes it.
        await assistant.Call("kill", ("container_id", alias));
        await assistant.Call("reconcile");
        await assistant.Call("garbage_collect");
        var (_, listed) = await assistant.CallWithText("list_containers", ("include_kept", true));
        Assert.Contains($"the home directory is left: spawn with alias={alias}", listed, StringComparison.Ordinal);
        var kept = await Refused.With("container_not_found", () => assistant.Attach(alias));
        Assert.Contains("home directory is still kept", kept.Message, StringComparison.Ordinal);

        var (_, spawned) = await assistant.CallWithText("spawn", ("image", Images.Busybox), ("alias", alias));
        Assert.Contains("are lost", spawned, StringComparison.Ordinal);
        Assert.Contains("The home directory is restored.", spawned, StringComparison.Ordinal);
        Assert.Equal("mine", (await assistant.Call("exec", ("container_id", alias), ("shell", "cat ~/note; touch /workspace/ok")))
            .GetProperty("stdout").GetString()!.Trim());
        await assistant.Call("kill", ("container_id", alias), ("delete_files", true));
        Assert.DoesNotContain(volume, await DockerHost.Docker("volume", "ls", "-q"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resume_without_the_home_directory_says_that_its_files_are_lost_and_the_next_one_does_not()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "homeless"), ("persistent", true));
        await workspace.Sh("echo mine >~/note; echo work >work");
        await DockerHost.Docker("rm", "-f", await workspace.DockerId());
        await DockerHost.Docker("volume", "rm", HomeOf(workspace));

        var (_, text) = await assistant.CallWithText("exec", ("container_id", "homeless"), ("shell", "cat work; ls -A ~"));
        Assert.Contains("was started again", text, StringComparison.Ordinal);
        Assert.Contains("the files of its home directory are lost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Its files are there", text, StringComparison.Ordinal);
        await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
        (_, text) = await assistant.CallWithText("fs_read", ("container_id", "homeless"), ("path", "work"));
        Assert.Contains("Its files are there", text, StringComparison.Ordinal);

        await workspace.Kill();
        await DockerHost.Docker("volume", "rm", HomeOf(workspace));
        (_, text) = await assistant.CallWithText("spawn", ("image", Images.Busybox), ("alias", "homeless"));
        Assert.Contains("The home directory's files are lost", text, StringComparison.Ordinal);
        await assistant.Call("kill", ("container_id", "homeless"), ("delete_files", true));
    }

    [Fact]
    public async Task Kept_files_whose_volume_is_gone_are_not_offered()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "kept-gone"), ("persistent", true));
        await workspace.Kill();
        await DockerHost.Docker("volume", "rm", VolumeOf(workspace), HomeOf(workspace));
        Func<string, Task>[] calls =
        [
            target => assistant.Attach(target),
            target => assistant.Call("exec", ("container_id", target), ("shell", "true")),
            target => assistant.Call("exec", ("container_id", target), ("shell", "true"), ("idempotency_key", "gone")),
            target => assistant.Call("fs_read", ("container_id", target), ("path", "work")),
            target => assistant.Call("fs_edit", ("container_id", target), ("path", "work"), ("old_text", "a"), ("new_text", "b")),
        ];
        foreach (var call in calls)
        {
            foreach (var target in new[] { "kept-gone", workspace.Id })
            {
                var refusal = await Refused.With("container_not_found", () => call(target));
                Assert.Contains("kept files are lost", refusal.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("restore", refusal.Hint, StringComparison.Ordinal);
            }
        }
        var again = await assistant.Spawn(Images.Busybox, ("alias", "kept-gone"));
        await again.Kill(("delete_files", true));
    }

    private static string VolumeOf(Workspace workspace) => $"mcpdevbench_persist_{workspace.Id}";

    private static string HomeOf(Workspace workspace) => VolumeOf(workspace) + "_home";

    private static async Task<string> VolumeMounted(Workspace workspace) => await DockerHost.Docker(
        "inspect", "--format", "{{range .Mounts}}{{if eq .Destination \"/workspace\"}}{{.Name}}{{end}}{{end}}",
        await workspace.DockerId());
}
