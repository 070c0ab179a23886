using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
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
        var error = await ErrorAsync(response);
        Assert.Equal("Accept: text/html allows no answer of this endpoint.", (string?)error["message"]);
        Assert.Equal(
            "Send Accept: application/json, text/event-stream, or leave Accept out. "
                + $"A page for people is at {_server.Client.BaseAddress}.", (string?)error["hint"]);
    }

    [Theory]
    [InlineData("GET", "/nosuch", 404, "Nothing is served at /nosuch.", "is at {0}mcp; {0} says what else")]
    [InlineData("GET", "/sse", 404, "Nothing is served at /sse.", "MCP (streamable HTTP) is at {0}mcp")]
    [InlineData("GET", "/mcp", 405, "GET is not allowed at /mcp.", "Send each message with POST")]
    [InlineData("DELETE", "/mcp", 405, "DELETE is not allowed at /mcp.", "no session to DELETE")]
    [InlineData("PUT", "/mcp", 405, "PUT is not allowed at /mcp.", "Send each message with POST")]
    [InlineData("POST", "/", 405, "POST is not allowed at /.", "Allowed: GET, HEAD. MCP (streamable HTTP) is at {0}mcp.")]
    [InlineData("POST", "/health/live", 405, "POST is not allowed at /health/live.", "Allowed: GET, HEAD.")]
    public async Task What_routing_refuses_says_where_to_go(string method, string path, int status, string message, string hint)
    {
        using var response = await SendAsync(method, method == "GET" ? null : List, null, path: path);
        Assert.Equal(status, (int)response.StatusCode);
        var error = await ErrorAsync(response);
        Assert.Equal(("invalid_argument", message), ((string?)error["code"], (string?)error["message"]));
        Assert.Contains(string.Format(CultureInfo.InvariantCulture, hint, _server.Client.BaseAddress), (string?)error["hint"]);
        Assert.NotNull(error["correlation_id"]);
    }

    [Fact]
    public async Task Headers_and_addresses_that_are_too_large_are_refused_with_the_limit()
    {
        using var headers = await SendAsync("POST", List, null, ("X-Large", new string('a', HeaderLimits.MaxBytes)));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, headers.StatusCode);
        Assert.Contains("larger than 32 KB", (string?)(await ErrorAsync(headers))["message"]);
        using var address = await SendAsync("GET", null, null, path: $"/{new string('a', HeaderLimits.MaxAddress)}");
        Assert.Equal(HttpStatusCode.RequestUriTooLong, address.StatusCode);
        Assert.Contains("larger than 8 KB", (string?)(await ErrorAsync(address))["message"]);
    }

    [Fact]
    public async Task A_body_that_is_not_JSON_is_refused_with_the_type_to_send()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(
            List, Encoding.UTF8, "text/plain") };
        using var response = await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        var error = await ErrorAsync(response);
        Assert.Equal("The Content-Type 'text/plain; charset=utf-8' is not JSON.", (string?)error["message"]);
        Assert.Contains("Content-Type: application/json", (string?)error["hint"]);
    }

    [Fact]
    public async Task An_unknown_protocol_version_is_answered_with_all_that_are_served()
    {
        using var response = await SendAsync("POST", List, "application/json", ("MCP-Protocol-Version", "1999-01-01"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await ErrorAsync(response);
        Assert.Equal(["2026-07-28"], error["data"]!["supported"]!.AsArray().Select(version => (string?)version));
        Assert.Contains($"Supported: {string.Join(", ", ProtocolVersions.All)}.", (string?)error["message"]);
        foreach (var version in ProtocolVersions.All)
        {
            // The newest refuses a message without its own members, but not for its version.
            using var served = await SendAsync("POST", List, "application/json", ("MCP-Protocol-Version", version));
            Assert.DoesNotContain("not supported", await served.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void An_unknown_version_in_a_message_is_answered_with_all_that_are_served()
    {
        var error = new JsonRpcErrorDetail
        {
            Code = ProtocolVersions.NotSupported,
            Message = "Unsupported protocol version '2030-01-01'.",
            Data = new JsonObject { ["supported"] = new JsonArray("2026-07-28"), ["requested"] = "2030-01-01" },
        };
        ProtocolVersions.Complete(error);
        ProtocolVersions.Complete(error);
        Assert.Equal($"Unsupported protocol version '2030-01-01'. Supported: {string.Join(", ", ProtocolVersions.All)}.", error.Message);
    }

    [Fact]
    public async Task A_message_that_is_none_is_refused_with_the_form_of_one()
    {
        using var response = await SendAsync("POST", "", "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("Send one JSON-RPC 2.0 message", (string?)(await ErrorAsync(response))["message"]);
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

    private static async Task<JsonNode> ErrorAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;

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
