using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What clients are promised: a change shows in review. UPDATE_SNAPSHOTS=1 writes it anew.</summary>
public sealed class ContractTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Budget = 16 * 1024;

    private static readonly JsonWriterOptions _readable = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_tools_are_as_the_snapshot_has_them()
    {
        var actual = Readable((await ListTools())["tools"]!);
        var path = SnapshotPath();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
        Assert.True(File.Exists(path), "there is no snapshot: run with UPDATE_SNAPSHOTS=1 and commit it");
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), actual);
    }

    [Fact]
    public async Task The_list_of_tools_stays_small_and_in_order()
    {
        var first = (await ListTools())["tools"]!.ToJsonString();
        Assert.InRange(Encoding.UTF8.GetByteCount(await Post(ListRequest)), 1, Budget);
        Assert.Equal(first, (await ListTools())["tools"]!.ToJsonString());
        await server.Restart();
        Assert.Equal(first, (await ListTools())["tools"]!.ToJsonString());
    }

    [Fact]
    public async Task Every_tool_says_all_there_is_to_say_about_it()
    {
        foreach (var tool in (await ListTools())["tools"]!.AsArray())
        {
            Assert.NotEmpty(tool!["title"]!.GetValue<string>());
            Assert.NotEmpty(tool["description"]!.GetValue<string>());
            Assert.Equal("object", tool["inputSchema"]!["type"]!.GetValue<string>());
            Assert.Equal("object", tool["outputSchema"]!["type"]!.GetValue<string>());
            foreach (var hint in new[] { "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint" })
                Assert.True(tool["annotations"]![hint] is JsonValue, $"{tool["name"]} has no {hint}");
        }
    }

    [Fact]
    public async Task What_the_operator_denies_is_not_offered_and_not_done()
    {
        await using var careful = await ServerProcess.Started(("MCP_READ_ONLY", "true"), ("MCP_TOOLS_DENY", "fs_read"));
        await using var assistant = await careful.Connect();
        var tools = (await assistant.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken)).Select(tool => tool.Name).ToList();
        Assert.Contains("list_containers", tools);
        Assert.DoesNotContain("spawn", tools);
        Assert.DoesNotContain("fs_write", tools);
        Assert.DoesNotContain("fs_read", tools);
        await Assert.ThrowsAnyAsync<Exception>(() => assistant.Call("spawn"));
    }

    private const string ListRequest = """{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}""";

    private static string SnapshotPath([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "tools.snapshot.json");

    private async Task<JsonNode> ListTools() => JsonNode.Parse(await Post(ListRequest))!["result"]!;

    /// <summary>Past every client library: the message as it is on the wire.</summary>
    private async Task<string> Post(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? text.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]
            : text;
    }

    private static string Readable(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _readable))
            node.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}
