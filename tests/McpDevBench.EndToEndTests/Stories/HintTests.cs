using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// An assistant that does what an error's hint says gets on: no hint leads to another error, round in a circle, or to the loss of files.
/// </summary>
public sealed class HintTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Work = "hours of work";

    /// <summary>Which error, the call that it comes from, the tool that its hint names, and that tool's call.</summary>
    public static TheoryData<string, string, string, string, string> Errors => new()
    {
        { "conflict", "spawn", """{"alias":"ALIAS","image":"IMAGE"}""", "attach", """{"target":"ALIAS"}""" },
        { "container_not_found", "exec", """{"container_id":"no-such","shell":"true"}""", "list_containers", "{}" },
        { "container_not_found", "attach", """{"target":"no-such"}""", "list_containers", "{}" },
        { "exec_not_found", "exec_poll", """{"exec_id":"e_00000000-0000-0000-0000-000000000000"}""", "list_execs", "{}" },
        { "file_not_found", "fs_read", """{"container_id":"ALIAS","path":"no-such"}""", "fs_list", """{"container_id":"ALIAS"}""" },
        { "file_not_found", "fs_delete", """{"container_id":"ALIAS","path":"no-such"}""", "fs_list", """{"container_id":"ALIAS"}""" },
        {
            "invalid_argument", "fs_read",
            """{"container_id":"ALIAS","path":"folder"}""",
            "fs_list", """{"container_id":"ALIAS","path":"folder"}"""
        },
        {
            "invalid_argument", "fs_list",
            """{"container_id":"ALIAS","path":"work.txt"}""",
            "fs_stat", """{"container_id":"ALIAS","path":"work.txt"}"""
        },
        {
            "invalid_argument", "exec",
            """{"container_id":"ALIAS","cmd":["true"],"cwd":"/workspace/no-such"}""",
            "fs_list", """{"container_id":"ALIAS"}"""
        },
        {
            "conflict", "fs_write",
            """{"container_id":"ALIAS","path":"work.txt","content":"x","if_match":"0000000000000000"}""",
            "fs_read", """{"container_id":"ALIAS","path":"work.txt"}"""
        },
        { "image_not_allowed", "spawn", """{"image":"quay.io/x/y:1"}""", "spawn", """{"image":"quay.io/x/y:1","dry_run":true}""" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task The_tool_that_a_hint_names_answers_and_the_files_are_still_there(
        string code, string tool, string arguments, string next, string nextArguments)
    {
        await using var assistant = await server.Connect();
        var alias = $"hinted-{Guid.NewGuid():N}";
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", alias));
        await workspace.Write("work.txt", Work);
        await workspace.Write("folder/file", "x");

        var refusal = await Refused.With(code, () => Call(assistant, tool, arguments, alias));
        Assert.Contains(next, refusal.Hint, StringComparison.Ordinal);
        await Call(assistant, next, nextArguments, alias);

        Assert.Equal(Work, (await workspace.Read("work.txt")).Content);
        await workspace.Kill();
    }

    /// <summary>What started this: every hint from a stop of the container on, in the order in which they came.</summary>
    [Fact]
    public async Task From_a_stopped_container_every_way_leads_back_to_the_files()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "proj"), ("persistent", true));
        await workspace.Write("work.txt", Work);
        foreach (var next in new[] { "exec", "spawn", "attach", "kill" })
        {
            await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
            await (next switch
            {
                "exec" => assistant.Call("exec", ("container_id", "proj"), ("shell", "true")),
                "spawn" => assistant.Call("spawn", ("alias", "proj"), ("image", Images.Busybox), ("persistent", true)),
                "attach" => assistant.Call("attach", ("target", "proj")),
                _ => assistant.Call("kill", ("container_id", "proj")),
            });
            if (next == "kill")
                workspace = await assistant.Spawn(Images.Busybox, ("alias", "proj"));
            Assert.Equal(Work, (await workspace.Read("work.txt")).Content);
        }
        await workspace.Kill(("delete_files", true));
    }

    /// <summary>The volume itself was removed: nothing can bring the files back, but the hint ends in a workspace that works.</summary>
    [Fact]
    public async Task A_volume_that_is_gone_is_reported_and_the_hint_leads_to_a_new_workspace()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "volumeless"), ("persistent", true));
        await DockerHost.Docker("rm", "-f", await workspace.DockerId());
        await DockerHost.Docker("volume", "rm", $"mcpdevbench_persist_{workspace.Id}");

        var refusal = await Refused.With("workspace_lost", () => workspace.Exec("true"));
        Assert.Contains("kill", refusal.Hint, StringComparison.Ordinal);
        Assert.Contains("spawn", refusal.Hint, StringComparison.Ordinal);
        await workspace.Kill();
        var again = await assistant.Spawn(Images.Busybox, ("alias", "volumeless"), ("persistent", true));
        Assert.Equal("here", await again.Sh("echo here"));
        await again.Kill(("delete_files", true));
    }

    private static Task<System.Text.Json.JsonElement> Call(Assistant assistant, string tool, string arguments, string alias)
    {
        var given = JsonNode.Parse(arguments
            .Replace("ALIAS", alias, StringComparison.Ordinal)
            .Replace("IMAGE", Images.Busybox, StringComparison.Ordinal))!.AsObject();
        return assistant.Call(tool, [.. given.Select(pair => (pair.Key, pair.Value?.DeepClone()))]);
    }
}
