using System.Net;

namespace McpDevBench.Tests.Access;

/// <summary>Scripts of the allowed origins may call from a browser; no answer has a header of CORS for any other.</summary>
public sealed class CrossOriginSharingTests
{
    private const string Allowed = "https://bench.example";

    [Theory]
    [InlineData("/mcp", "POST", "Mcp-Session-Id", "Mcp-Protocol-Version", "Authorization", "Content-Type")]
    [InlineData("/mcp", "GET", "Last-Event-ID", "Accept")]
    [InlineData("/mcp", "DELETE", "Mcp-Session-Id")]
    [InlineData("/workspaces/c/files?path=f", "PUT", "X-Requested-With", "If-Match", "Authorization")]
    [InlineData("/workspaces/c/files?path=f", "GET", "X-Requested-With", "Range")]
    public async Task A_preflight_of_an_allowed_origin_is_granted(string path, string method, params string[] headers)
    {
        using var server = await StartAsync();
        using var answer = await SendAsync(server, "OPTIONS", path, Allowed, method);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Allowed, Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains(method, Header(answer, "Access-Control-Allow-Methods").Split(", "));
        Assert.Superset(headers.ToHashSet(), Header(answer, "Access-Control-Allow-Headers").Split(", ").ToHashSet());
        Assert.Contains("Origin", Header(answer, "Vary"), StringComparison.Ordinal);
        Assert.Empty(Header(answer, "Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("OPTIONS", "/mcp", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("OPTIONS", "/mcp", "https://bench.example.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("OPTIONS", "/mcp", "null", HttpStatusCode.Forbidden)]
    [InlineData("OPTIONS", "/mcp", null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("OPTIONS", "/health/live", Allowed, HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/health/live", Allowed, HttpStatusCode.OK)]
    [InlineData("POST", "/mcp", "https://evil.example", HttpStatusCode.Forbidden)]
    public async Task Nothing_is_shared_with_another_origin_or_of_another_address(
        string method, string path, string? origin, HttpStatusCode status)
    {
        using var server = await StartAsync();
        using var answer = await SendAsync(server, method, path, origin, "POST");
        Assert.Equal(status, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("POST", "/mcp", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("GET", "/mcp", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/workspaces", HttpStatusCode.NotFound)]
    public async Task Errors_can_be_read_too(string method, string path, HttpStatusCode status)
    {
        using var server = await StartAsync();
        using var answer = await SendAsync(server, method, path, Allowed, preflightFor: null);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(Allowed, Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains("Mcp-Session-Id", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(new() { ["MCP_ALLOWED_ORIGINS"] = Allowed });

    private static Task<HttpResponseMessage> SendAsync(
        TestServer server, string method, string path, string? origin, string? preflightFor)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        if (preflightFor is not null)
            request.Headers.Add("Access-Control-Request-Method", preflightFor);
        request.Headers.Add("Sec-Fetch-Site", origin is null ? "same-origin" : "cross-site");
        return server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
