using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A list with nothing in it says why, and what to ask for instead.</summary>
public sealed class EmptyListTests
{
    [Fact]
    public async Task A_list_without_entries_names_what_leaves_none()
    {
        await using var server = await ServerProcess.Started(("MCP_ALLOWED_IMAGES", "devbench-test/busybox"));
        await using var assistant = await server.Connect();
        Assert.Equal("No workspaces. Call spawn to create one.", await Hint("list_containers"));

        var workspace = await assistant.Spawn(Images.Busybox, ("labels", new System.Text.Json.Nodes.JsonObject { ["task"] = "a" }));
        Assert.Equal(
            "No running workspace has the label 'tsk'. Did you mean 'task'? Without label there is 1 workspace.",
            await Hint("list_containers", ("label", "tsk")));
        Assert.Equal(
            "No running commands. include_finished=true lists those that have ended.", await Hint(
                "list_execs", ("container_id", workspace.Id)));
        Assert.Equal(
            $"No image on this host that policy allows contains 'busibox'. Did you mean {Images.Busybox}? spawn may pull others.",
            await Hint("list_images", ("filter", "busibox")));

        async Task<string?> Hint(string tool, params (string Name, System.Text.Json.Nodes.JsonNode? Value)[] with) =>
            (await assistant.Call(tool, with)).GetProperty("hint").GetString();
    }
}
