using System.Net;
using System.Text.Json.Nodes;

namespace McpDevBench.Tests.Access;

/// <summary>Answers name the file endpoint as their caller reaches it.</summary>
public sealed class CallerAddressTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, "localhost:8443", "http://localhost:8443")]
    [InlineData("https://bench.example/dev/", null, "https://bench.example/dev")]
    public async Task A_hint_has_the_host_of_the_request_or_the_public_url(string? publicUrl, string? host, string? expected)
    {
        using var server = await TestServer.StartAsync(new() { ["MCP_PUBLIC_URL"] = publicUrl });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new ByteArrayContent(new byte[5 << 20]) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Host = host;
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.ToJsonString(
            new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var address = expected ?? server.Client.BaseAddress!.ToString().TrimEnd('/');
        Assert.Contains($"PUT {address}/workspaces/{{container_id}}/files?path=", answer, StringComparison.Ordinal);
    }
}
