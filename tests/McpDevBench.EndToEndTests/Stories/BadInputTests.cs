using System.Text.Json;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Bad input of every kind gets the typed error with a hint, and the next good call works.</summary>
public sealed class BadInputTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    public static TheoryData<string, string, string> Handles() => new()
    {
        { "exec", """{"container_id": "c_00000000-0000-4000-8000-000000000000", "shell": "true"}""", "container_not_found" },
        { "exec", """{"container_id": "", "shell": "true"}""", "container_not_found" },
        { "exec", """{"container_id": "no such alias \u0000 '; drop table containers", "shell": "true"}""", "container_not_found" },
        { "attach", """{"target": "nobody"}""", "container_not_found" },
        { "kill", """{"container_id": "c_nonsense"}""", "container_not_found" },
        { "fs_read", """{"container_id": "c_nonsense", "path": "x"}""", "container_not_found" },
        { "exec_poll", """{"exec_id": "e_00000000-0000-4000-8000-000000000000"}""", "exec_not_found" },
        { "exec_input", """{"exec_id": "nonsense", "data": "x"}""", "exec_not_found" },
        { "exec_signal", """{"exec_id": "", "signal": "TERM"}""", "exec_not_found" },
        { "exec_cancel", """{"exec_id": "e_nonsense"}""", "exec_not_found" },
    };

    public static TheoryData<string, string[]> ImagesThatWillNotDo() => new()
    {
        { "quay.io/someone/else:1", ["image_not_allowed"] },
        { "localhost:5000/x", ["image_not_allowed"] },
        { "docker.io.evil.example/library/python", ["image_not_allowed"] },
        { "devbench-test/arm64:1", ["invalid_argument"] },
        { "devbench-test/there-is-none:1", ["image_not_found", "registry_unavailable"] },
        { " ", ["invalid_argument"] },
        { "UPPER/Case:1", ["invalid_argument"] },
        { "python:3.11-slim@sha256:short", ["invalid_argument"] },
        { "a b", ["invalid_argument"] },
        { "--privileged", ["invalid_argument"] },
        { "../../etc", ["invalid_argument"] },
        { "python:" + "tag", ["image_not_found", "registry_unavailable"] },
        { "x/" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ["invalid_argument"] },
    };

    [Fact]
    public async Task Every_tool_names_an_argument_that_it_does_not_know_one_that_is_missing_and_one_of_the_wrong_type()
    {
        await using var assistant = await server.Connect();
        foreach (var tool in await assistant.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            await Names(assistant, tool.Name, """{"no_such_argument": 1}""", "no_such_argument");
            var properties = Properties(tool.JsonSchema).ToDictionary(property => property.Name, property => property.Schema);
            var required = Required(tool.JsonSchema).ToList();
            foreach (var missing in required)
            {
                var others = required.Where(name => name != missing).Select(name => $"\"{name}\": {Plausible(properties[name])}");
                await Names(assistant, tool.Name, $"{{{string.Join(',', others)}}}", missing);
            }
            foreach (var (name, schema) in properties)
                await Names(assistant, tool.Name, $$"""{"{{name}}": {{WrongFor(schema)}}}""", name);
        }
        await TheNextGoodCallWorks(assistant);
    }

    [Theory]
    [InlineData("exec", """{"container_id": "$", "cmd": ["true"], "shell": "true"}""")]
    [InlineData("exec", """{"container_id": "$"}""")]
    [InlineData("exec", """{"container_id": "$", "cmd": []}""")]
    [InlineData("exec", """{"container_id": "$", "cmd": [""]}""")]
    [InlineData("exec", """{"container_id": "$", "cmd": ["echo", null]}""")]
    [InlineData("exec", """{"container_id": "$", "cmd": ["nul\u0000"]}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "timeout_s": 0}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "timeout_s": -1}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "timeout_s": 1e99}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "wait_ms": 25001}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "wait_ms": 1.5}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "env": {"A=B": "x"}}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "env": {"A": [1]}}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "cwd": "/workspace/../etc\u0000"}""")]
    [InlineData("exec", """{"container_id": "$", "shell": "true", "pty": true, "rows": 0}""")]
    [InlineData("spawn", """{"memory_mb": 1}""")]
    [InlineData("spawn", """{"memory_mb": 100000000}""")]
    [InlineData("spawn", """{"cpus": -1}""")]
    [InlineData("spawn", """{"network": "host"}""")]
    [InlineData("spawn", """{"alias": "../../etc"}""")]
    [InlineData("spawn", """{"ttl_s": 0}""")]
    [InlineData("fs_write", """{"container_id": "$", "path": "x", "content": "not base64!", "encoding": "base64"}""")]
    [InlineData("fs_write", """{"container_id": "$", "path": "x", "content": "", "mode": "9z"}""")]
    [InlineData("fs_write", """{"container_id": "$", "path": "", "content": ""}""")]
    [InlineData("fs_read", """{"container_id": "$", "path": "x", "offset": -1}""")]
    [InlineData("fs_read", """{"container_id": "$", "path": "x", "encoding": "utf7"}""")]
    [InlineData("fs_edit", """{"container_id": "$", "path": "x", "edits": []}""")]
    [InlineData("fs_search", """{"container_id": "$", "pattern": "(unclosed"}""")]
    [InlineData("fs_batch", """{"container_id": "$", "operations": []}""")]
    [InlineData("fs_batch", """{"container_id": "$", "operations": [{"op": "explode", "path": "x"}]}""")]
    [InlineData("list_containers", """{"cursor": "not a cursor of ours"}""")]
    public async Task What_cannot_be_meant_is_refused_with_the_reason(string tool, string arguments)
    {
        await using var assistant = await server.Connect();
        var workspace = await TheWorkspace(assistant);
        await Refused.WithOneOf(
            ["invalid_argument", "path_denied", "resource_exhausted", "file_not_found", "forbidden"],
            () => assistant.CallRaw(tool, Assistant.Arguments(arguments.Replace("$", workspace.Id, StringComparison.Ordinal)), null));
        await TheNextGoodCallWorks(assistant);
    }

    [Theory]
    [MemberData(nameof(Handles))]
    public async Task A_handle_that_is_not_there_says_where_to_get_one(string tool, string arguments, string code)
    {
        await using var assistant = await server.Connect();
        var refusal = await Refused.With(code, () => assistant.CallRaw(tool, Assistant.Arguments(arguments), null));
        Assert.Matches("list_|spawn", refusal.Hint);
        await TheNextGoodCallWorks(assistant);
    }

    [Theory]
    [MemberData(nameof(ImagesThatWillNotDo))]
    public async Task An_image_that_will_not_do_says_what_would(string image, string[] codes)
    {
        await using var assistant = await server.Connect();
        await Refused.WithOneOf(codes, () => assistant.Spawn(image));
        await TheNextGoodCallWorks(assistant);
    }

    [Fact]
    public async Task An_image_of_another_architecture_says_which_it_is_and_which_it_should_be()
    {
        Assert.SkipWhen(
            System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64,
            "here that image is of the right architecture");
        await using var assistant = await server.Connect();
        var refusal = await Refused.With("invalid_argument", () => assistant.Spawn(Images.Arm64));
        Assert.Contains("arm64", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("amd64", refusal.Hint, StringComparison.Ordinal);
        Assert.False((await assistant.Call("spawn", ("image", Images.Arm64), ("dry_run", true))).GetProperty("allowed").GetBoolean());
    }

    [Theory]
    [InlineData("fs_write", "path")]
    [InlineData("fs_read", "path")]
    [InlineData("exec", "cwd")]
    [InlineData("fs_search", "pattern")]
    [InlineData("fs_list", "glob")]
    public async Task An_argument_that_is_too_large_is_refused_and_not_swallowed(string tool, string argument)
    {
        await using var assistant = await server.Connect();
        var workspace = await TheWorkspace(assistant);
        var arguments = new Dictionary<string, string> { ["container_id"] = workspace.Id };
        if (tool is "fs_write" or "fs_read")
            arguments["path"] = "x";
        if (tool == "fs_write")
            arguments["content"] = "x";
        if (tool == "exec")
            arguments["shell"] = "true";
        arguments[argument] = new string('x', 2 << 20);
        var json = "{" + string.Join(',', arguments.Select(pair => $"\"{pair.Key}\": \"{pair.Value}\"")) + "}";
        await Refused.WithOneOf(["invalid_argument", "path_denied"], () => assistant.CallRaw(tool, Assistant.Arguments(json), null));
        await TheNextGoodCallWorks(assistant);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"jsonrpc\": \"2.0\", \"id\": 1}")]
    [InlineData("{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"tools/list\"}")]
    [InlineData("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"no/such/method\"}")]
    [InlineData(
        "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"no_such_tool\", \"arguments\": {}}}")]
    [InlineData("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"exec\", \"arguments\": []}}")]
    [InlineData("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\"}")]
    public async Task What_is_no_request_gets_an_answer_and_no_look_inside(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint) { Content = content };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)response.StatusCode < 500, $"{response.StatusCode}: {answer}");
        Assert.Contains("error", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", answer, StringComparison.Ordinal);
        await using var assistant = await server.Connect();
        await TheNextGoodCallWorks(assistant);
    }

    [Fact]
    public async Task An_unknown_tool_is_a_protocol_error()
    {
        await using var assistant = await server.Connect();
        await Assert.ThrowsAnyAsync<McpException>(() => assistant.CallRaw("no_such_tool", Assistant.Arguments("{}"), null));
        await TheNextGoodCallWorks(assistant);
    }

    private static async Task Names(Assistant assistant, string tool, string arguments, string argument)
    {
        var refusal = await Refused.With("invalid_argument", () => assistant.CallRaw(tool, Assistant.Arguments(arguments), null));
        Assert.True(
            refusal.Message.Contains(argument, StringComparison.Ordinal),
            $"{tool} {arguments}: '{refusal.Message}' does not name {argument}");
    }

    private static Task<Workspace> TheWorkspace(Assistant assistant) => assistant.Spawn(Images.Busybox, ("idempotency_key", "bad-input"));

    private static async Task TheNextGoodCallWorks(Assistant assistant) =>
        Assert.Equal("fine", await (await TheWorkspace(assistant)).Sh("echo fine"));

    private static IEnumerable<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(name => name.GetString()!) : [];

    private static IEnumerable<(string Name, JsonElement Schema)> Properties(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Select(
            property => (property.Name, property.Value)) : [];

    private static string Type(JsonElement schema) => schema.GetProperty("type").GetString()!;

    private static string Plausible(JsonElement schema) => Type(schema) switch
    {
        "array" => "[]",
        "object" => "{}",
        "boolean" => "true",
        "integer" or "number" => "1",
        _ => schema.TryGetProperty("enum", out var words) ? words[0].GetRawText() : "\"x\"",
    };

    /// <summary>Of no type that could be taken for it.</summary>
    private static string WrongFor(JsonElement schema) => Type(schema) is "array" or "object" ? "17" : """[{"a": 1}]""";
}
