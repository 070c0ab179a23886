using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// What clients are promised, as the native binary says it on the wire. The promise itself is in the fast tests' snapshot.
/// </summary>
public sealed class ContractTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Budget = 24 * 1024;
    private const string ListRequest = """{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}""";

    private static readonly string _snapshot = Path.Combine(Repository.Root, "tests", "McpDevBench.Tests", "Mcp", "tools.json");

    [Fact]
    public async Task The_tools_are_the_committed_ones()
    {
        var committed = JsonNode.Parse(await File.ReadAllTextAsync(_snapshot, TestContext.Current.CancellationToken))!.AsArray();
        // The settings' own defaults, which the schemas show.
        await using var usual = await ServerProcess.Started(("MCP_DEFAULT_IMAGE_ALIAS", ""));
        var served = JsonNode.Parse(await Post(usual, ListRequest))!["result"]!["tools"]!.AsArray();
        Assert.Equal(committed.Select(tool => (string?)tool!["name"]), served.Select(tool => (string?)tool!["name"]));
        foreach (var (promise, tool) in committed.Zip(served))
            Assert.True(JsonNode.DeepEquals(promise, tool), $"promised:\n{promise}\nserved:\n{tool}");
    }

    [Fact]
    public async Task The_list_of_tools_stays_small_and_in_order()
    {
        var first = (await ListTools())["tools"]!.ToJsonString();
        await using var usual = await ServerProcess.Started(("MCP_TOOLSETS", ""));
        Assert.InRange(Encoding.UTF8.GetByteCount(await Post(usual, ListRequest)), 1, Budget);
        await using var whole = await ServerProcess.Started(("MCP_TOOLSETS", "workspace,exec,files,operator"));
        Assert.InRange(Encoding.UTF8.GetByteCount(await Post(whole, ListRequest)), 1, Budget);
        Assert.Equal(first, (await ListTools())["tools"]!.ToJsonString());
        await server.Restart();
        Assert.Equal(first, (await ListTools())["tools"]!.ToJsonString());
    }

    [Fact]
    public async Task What_the_operator_denies_is_not_offered_and_not_done()
    {
        await using var careful = await ServerProcess.Started(("MCP_READ_ONLY", "true"), ("MCP_TOOLS_DENY", "fs_read"));
        await using var assistant = await careful.Connect();
        var tools = (
            await assistant.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken)).Select(tool =>
                tool.Name).ToList();
        Assert.Contains("list_containers", tools);
        Assert.DoesNotContain("spawn", tools);
        Assert.DoesNotContain("fs_write", tools);
        Assert.DoesNotContain("fs_read", tools);
        await Assert.ThrowsAnyAsync<Exception>(() => assistant.Call("spawn"));
    }

    private async Task<JsonNode> ListTools() => JsonNode.Parse(await Post(server, ListRequest))!["result"]!;

    /// <summary>Past every client library: the message as it is on the wire.</summary>
    private static async Task<string> Post(ServerProcess server, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint) { Content = new StringContent(
            body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? text.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]
            : text;
    }
}
