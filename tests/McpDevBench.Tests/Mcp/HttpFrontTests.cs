using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>What simple clients, and those of an earlier server, get over HTTP.</summary>
public sealed class HttpFrontTests : IAsyncLifetime
{
    private const string List = """{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}}""";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(null, contract => contract.Services.AddSingleton<McpServerTool, AuditQueryTool>());

    [Theory]
    [InlineData("POST", List)]
    [InlineData(
        "POST",
        """{"jsonrpc":"2.0","id":7,"method":"initialize","params":"""
            + """{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}""")]
    [InlineData("GET", null)]
    [InlineData("DELETE", null)]
    public async Task A_stale_session_gets_404(string method, string? body)
    {
        using var response = await SendAsync(method, body, "application/json, text/event-stream", ("Mcp-Session-Id", "gone-0123"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
        Assert.Contains("Unknown session: gone-0123. Send initialize without Mcp-Session-Id", (string?)error["message"]);
        Assert.NotNull(error["data"]!["correlation_id"]);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/json;q=0.9", "application/json")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("application/json, text/event-stream", "text/event-stream")]
    [InlineData("*/*", "text/event-stream")]
    public async Task A_client_is_answered_in_the_form_that_it_accepts(string? accept, string type)
    {
        using var response = await SendAsync("POST", List, accept);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var json = type == "application/json"
            ? text
            : text.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];
        var message = JsonNode.Parse(json)!;
        Assert.Equal((7, "audit_query"), ((int)message["id"]!, (string?)message["result"]!["tools"]![0]!["name"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    public async Task Errors_and_notifications_are_the_same_without_an_event_stream(string? accept)
    {
        using var refused = await SendAsync("POST", "{", accept);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.NotNull(
            JsonNode.Parse(
                await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["data"]!["correlation_id"]);
        using var unknown = await SendAsync("POST", """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}""", accept);
        Assert.Equal(
            -32602,
            (int)JsonNode.Parse(await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["code"]!);
        using var notified = await SendAsync("POST", """{"jsonrpc":"2.0","method":"notifications/initialized"}""", accept);
        Assert.Equal(HttpStatusCode.Accepted, notified.StatusCode);
    }

    [Fact]
    public async Task What_the_server_cannot_send_is_not_acceptable()
    {
        using var response = await SendAsync("POST", List, "text/html");
        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
    }

    [Theory]
    [InlineData(null, "text/plain")]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain")]
    [InlineData("application/json", "application/json")]
    public async Task The_root_says_where_the_endpoint_is(string? accept, string type)
    {
        using var response = await SendAsync("GET", null, accept, path: "/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"{_server.Client.BaseAddress}mcp", text);
        Assert.Contains("Model Context Protocol", text);
        if (type == "application/json")
            Assert.Equal($"{_server.Client.BaseAddress}mcp", (string?)JsonNode.Parse(text)!["mcp"]!["url"]);
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<HttpResponseMessage> SendAsync(
        string method, string? body, string? accept, (string Name, string Value)? header = null, string path = "/mcp")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (header is { } one)
            request.Headers.Add(one.Name, one.Value);
        return await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
