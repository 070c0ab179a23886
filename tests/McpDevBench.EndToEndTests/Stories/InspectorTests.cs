using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The MCP Inspector, a client that others wrote: strict about schemas, and at home in both eras of the protocol.</summary>
public sealed class InspectorTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    public static TheoryData<string, string> Ways() => new()
    {
        { "http", "modern" },
        { "http", "legacy" },
        { "stdio", "modern" },
        { "stdio", "legacy" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_list_of_tools_has_nothing_that_a_strict_client_minds(string transport, string era)
    {
        var inspected = await Inspect(transport, era, "--method", "tools/list", "--strict");
        Assert.Contains("spawn", inspected.Succeeded(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Answers_are_what_the_output_schemas_promise(string transport, string era)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", "inspected"));
        (string Tool, string Arguments)[] calls =
        [
            ("system_status", "{}"),
            ("list_containers", "{}"),
            ("list_images", "{}"),
            ("list_execs", "{}"),
        ];
        if (transport == "http")
        {
            calls =
            [
                .. calls,
                ("metrics", "{}"),
                ("reconcile", """{"dry_run": true}"""),
                ("garbage_collect", """{"dry_run": true}"""),
                ("spawn", """{"image": "devbench-test/busybox:1", "dry_run": true}"""),
                ("attach", $$"""{"target": "{{workspace.Id}}"}"""),
                ("exec", $$"""{"container_id": "{{workspace.Id}}", "shell": "echo out; echo err >&2; exit 3"}"""),
                ("exec_start", $$"""{"container_id": "{{workspace.Id}}", "cmd": ["true"]}"""),
                ("exec_poll", $$"""{"exec_id": "{{(await workspace.ExecStart("echo polled")).Id}}", "wait_ms": 2000}"""),
                ("fs_write", $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt", "content": "one\ntwo\n"}"""),
                ("fs_read", $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt"}"""),
                ("fs_edit", $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt", "edits": [{"old_text": "one", "new_text": "1"}]}"""),
                ("fs_stat", $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt"}"""),
                ("fs_list", $$"""{"container_id": "{{workspace.Id}}"}"""),
                ("fs_search", $$"""{"container_id": "{{workspace.Id}}", "pattern": "two"}"""),
                ("fs_batch", $$"""{"container_id": "{{workspace.Id}}", "operations": [{"op": "read", "path": "x.txt"}]}"""),
                (
                    "fs_copy",
                    $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt", "target_container_id":"""
                        + $$""" "{{workspace.Id}}", "target_path": "{{era}}.txt", "overwrite": true}"""),
                ("fs_delete", $$"""{"container_id": "{{workspace.Id}}", "path": "x.txt"}"""),
            ];
        }
        foreach (var (tool, arguments) in calls)
            (
                await Inspect(
                    transport, era, "--method", "tools/call", "--tool-name", tool, "--tool-args-json", arguments, "--format",
                    "json")).Succeeded();
    }

    private async Task<Command> Inspect(string transport, string era, params string[] arguments)
    {
        string[] target = transport == "http"
            ? [server.Endpoint.ToString(), "--transport", "http"]
            : ["--transport", "stdio", Repository.Binary, "stdio"];
        using var state = new TemporaryFolder();
        var environment = new Dictionary<string, string>(TestClients.Environment)
        {
            ["MCP_STATE_DB"] = state["state.db"],
            ["MCP_AUDIT_LOG_FILE"] = state["audit.log"],
            ["MCP_WARM_POOL_ENABLED"] = "false",
            ["MCP_METRICS_ENABLED"] = "false",
            ["MCP_DOCKER_HOST"] = await DockerHost.Address,
            // The Inspector keeps a catalogue at home; not at the home of the person who runs the tests.
            ["HOME"] = state.Path,
        };
        return await Command.Run(TestClients.Path("mcp-inspector"), ["--cli", .. target, "--protocol-era", era, .. arguments], environment);
    }
}
