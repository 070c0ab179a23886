using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace McpDevBench.Tests.Access;

/// <summary>What never becomes a call is counted all the same, over real HTTP.</summary>
public sealed class EarlyRejectionsTests
{
    private const string Line = "Request rejected before dispatch";

    [Theory]
    [InlineData("Host", "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    public async Task Who_is_turned_away_from_the_protocol_is_counted_and_logged_once(string header, string value, HttpStatusCode status)
    {
        using var server = await TestServer.StartAsync();
        Assert.Equal(status, await PostAsync(server, "/mcp", new StringContent("{}", Encoding.UTF8, "application/json"), header, value));
        await AssertCountedAsync(server, "forbidden");
        Assert.Single(server.Log.Lines(), line => line.Contains("rejected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_of_another_type_is_counted_and_logged()
    {
        using var server = await TestServer.StartAsync();
        Assert.Equal(
            HttpStatusCode.UnsupportedMediaType, await PostAsync(server, "/mcp", new StringContent("{}", Encoding.UTF8, "text/plain")));
        await AssertCountedAsync(server, "invalid_argument");
        AssertLogged(server, 415);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_beyond_the_limit_is_counted_and_logged_whether_its_length_is_said_or_not(bool chunked)
    {
        using var server = await TestServer.StartAsync();
        var bytes = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('a', 5_000_000)}}"}""");
        HttpContent body = chunked ? new Chunked(bytes) : new ByteArrayContent(bytes);
        body.Headers.ContentType = new("application/json");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(server, "/mcp", body));
        await AssertCountedAsync(server, "resource_exhausted");
        Assert.Contains("mcp_quota_rejections_total{rule=\"request_size\"} 1\n", await MetricsAsync(server));
        AssertLogged(server, 413);
    }

    [Fact]
    public async Task Elsewhere_they_are_no_requests_of_the_protocol()
    {
        using var server = await TestServer.StartAsync();
        Assert.Equal(
            HttpStatusCode.MisdirectedRequest, await PostAsync(server, "/health/live", new StringContent("{}"), "Host", "evil.example"));
        Assert.Contains("mcp_api_requests_total{method=\"unknown\"} 0\n", await MetricsAsync(server));
    }

    [Fact]
    public async Task What_does_become_a_call_is_not_counted_as_one_that_did_not()
    {
        using var server = await TestServer.StartAsync();
        Assert.Equal(
            HttpStatusCode.OK,
            await PostAsync(
                server, "/mcp",
                new StringContent("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", Encoding.UTF8, "application/json")));
        Assert.Contains("mcp_api_requests_total{method=\"unknown\"} 0\n", await MetricsAsync(server));
        Assert.DoesNotContain(server.Log.Lines(), line => line.Contains(Line, StringComparison.Ordinal));
    }

    private static async Task AssertCountedAsync(TestServer server, string errorType)
    {
        var metrics = await MetricsAsync(server);
        Assert.Contains("mcp_api_requests_total{method=\"unknown\"} 1\n", metrics);
        Assert.Contains($"mcp_api_errors_total{{method=\"unknown\",error_type=\"{errorType}\"}} 1\n", metrics);
    }

    private static void AssertLogged(TestServer server, int status)
    {
        var line = JsonNode.Parse(Assert.Single(server.Log.Lines(), line => line.Contains(Line, StringComparison.Ordinal)))!;
        Assert.Equal(("INFO", status, "my-id.1"), ((string)line["level"]!, (int)line["http_status"]!, (string)line["correlation_id"]!));
    }

    private static Task<string> MetricsAsync(TestServer server) =>
        server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken);

    private static async Task<HttpStatusCode> PostAsync(
        TestServer server, string path, HttpContent body, string? header = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("X-Correlation-Id", "my-id.1");
        if (header is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        using var response = await server.Client.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>A body that does not say how long it is.</summary>
    private sealed class Chunked(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(bytes, 0, bytes.Length);

        protected override bool TryComputeLength(out long length) => (length = 0) > 0;
    }
}
