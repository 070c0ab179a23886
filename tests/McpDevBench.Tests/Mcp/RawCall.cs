using System.Text;
using System.Text.Json.Nodes;

namespace McpDevBench.Tests.Mcp;

/// <summary>Messages as they are on the wire, past every client library.</summary>
internal static class RawCall
{
    /// <param name="arguments">JSON text.</param>
    public static Task<JsonNode> ToolAsync(TestServer server, string tool, string arguments = "{}") =>
        PostAsync(
            server, $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""");

    /// <returns>The answer, be it a body of JSON or the first event of a stream.</returns>
    public static async Task<JsonNode> PostAsync(TestServer server, string body) => JsonNode.Parse(await TextAsync(server, body))!;

    public static async Task<string> TextAsync(TestServer server, string body)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return text.Split('\n').FirstOrDefault(line => line.StartsWith("data: ", StringComparison.Ordinal))?["data: ".Length..] ?? text;
    }
}
