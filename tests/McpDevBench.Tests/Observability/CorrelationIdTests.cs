using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Observability;

/// <summary>Every request has one name, from its header to the answer, whatever becomes of it.</summary>
public sealed class CorrelationIdTests
{
    private const string Given = "my-id.1";

    public static TheoryData<string, string, string?, HttpStatusCode> Requests() => new()
    {
        { "GET", "/health/live", null, HttpStatusCode.OK },
        { "GET", "/health/ready", null, HttpStatusCode.OK },
        { "GET", "/no/such/path", null, HttpStatusCode.NotFound },
        { "DELETE", "/health/live", null, HttpStatusCode.MethodNotAllowed },
        { "POST", "/mcp", """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", HttpStatusCode.OK },
        { "POST", "/mcp", """{"jsonrpc":"2.0","method":"notifications/initialized"}""", HttpStatusCode.Accepted },
        { "POST", "/mcp", """[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":2,"method":"ping"}]""", HttpStatusCode.BadRequest },
        { "POST", "/mcp", "{", HttpStatusCode.BadRequest },
        { "POST", "/mcp", "", HttpStatusCode.BadRequest },
        { "POST", "/mcp", null, HttpStatusCode.UnsupportedMediaType },
        { "GET", "/mcp", null, HttpStatusCode.MethodNotAllowed },
        { "PUT", "/mcp", null, HttpStatusCode.MethodNotAllowed },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Every_answer_has_it(string method, string path, string? body, HttpStatusCode status)
    {
        using var server = await TestServer.StartAsync(null, Failing("probe", new RequestException(ErrorCode.Conflict, "No.", "Yes.")));
        var answer = await SendAsync(server, method, path, body);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(Given, Assert.Single(answer.Headers.GetValues("X-Correlation-Id")));
        Assert.Matches(
            "^req-[a-z0-9]{16}$",
            Assert.Single((await SendAsync(server, method, path, body, given: null)).Headers.GetValues("X-Correlation-Id")));
    }

    [Theory]
    [InlineData("Host", "evil.example", "/mcp", HttpStatusCode.MisdirectedRequest)]
    [InlineData("Host", "evil.example", "/workspaces/c_1/files", HttpStatusCode.MisdirectedRequest)]
    [InlineData("Origin", "http://evil.example", "/mcp", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://evil.example", "/", HttpStatusCode.Forbidden)]
    public async Task Who_is_turned_away_gets_it_in_the_error_and_the_log_has_it(
        string header, string value, string path, HttpStatusCode status)
    {
        using var server = await TestServer.StartAsync();
        var answer = await SendAsync(server, "POST", path, "{}", header, value);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(Given, Assert.Single(answer.Headers.GetValues("X-Correlation-Id")));
        var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal(Given, (string)(error["correlation_id"] ?? error["data"]!["correlation_id"])!);
        var line = Assert.Single(server.Log.Lines(), one => one.Contains("rejected", StringComparison.Ordinal));
        Assert.Equal(Given, (string)JsonNode.Parse(line)!["correlation_id"]!);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no-such-tool"}}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["x"]}}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"no/such/method"}""", -32601)]
    public async Task An_error_of_the_protocol_has_it_and_is_no_error_of_the_server(string body, int code)
    {
        using var server = await TestServer.StartAsync(null, Failing("probe", new RequestException(ErrorCode.Conflict, "No.", "Yes.")));
        var error = await ErrorAsync(await SendAsync(server, "POST", "/mcp", body));
        Assert.Equal((code, Given), ((int)error["code"]!, (string)error["data"]!["correlation_id"]!));
        Assert.DoesNotContain(server.Log.Lines(), line => (string)JsonNode.Parse(line)!["level"]! is "ERROR" or "WARNING");
    }

    [Theory]
    [InlineData("{", "2026-07-28", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", "1999-01-01", -32022)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", "2026-07-28", -32602)]
    public async Task What_never_became_a_call_has_it_too_and_is_counted_and_logged(string body, string revision, int code)
    {
        using var server = await TestServer.StartAsync();
        var answer = await SendAsync(server, "POST", "/mcp", body, "MCP-Protocol-Version", revision);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await ErrorAsync(answer);
        Assert.Equal((code, Given), ((int)error["code"]!, (string)error["data"]!["correlation_id"]!));
        var line = Assert.Single(server.Log.Lines(), one => one.Contains("rejected", StringComparison.Ordinal));
        Assert.Equal(Given, (string)JsonNode.Parse(line)!["correlation_id"]!);
        Assert.Contains(
            "mcp_api_errors_total{method=\"unknown\",error_type=\"invalid_argument\"} 1\n",
            await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_client_that_says_nonsense_of_itself_gets_it_too()
    {
        using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":7,"io.modelcontextprotocol/clientCapabilities":{}}}}""", Encoding.UTF8, "application/json"),
            Headers = { { "Accept", "application/json, text/event-stream" }, { "MCP-Protocol-Version", "2026-07-28" }, { "Mcp-Method", "tools/list" }, { "X-Request-Id", Given } },
        };
        var error = await ErrorAsync(await server.Client.SendAsync(request));
        Assert.Equal((-32602, Given), ((int)error["code"]!, (string)error["data"]!["correlation_id"]!));
        var line = Assert.Single(server.Log.Lines(), one => one.Contains("rejected", StringComparison.Ordinal));
        Assert.Equal(Given, (string)JsonNode.Parse(line)!["correlation_id"]!);
        Assert.Contains(
            "mcp_api_errors_total{method=\"unknown\",error_type=\"invalid_argument\"} 1\n",
            await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_a_call_begins_and_leaves_behind_keeps_it()
    {
        var release = new TaskCompletionSource();
        var done = new TaskCompletionSource<string?>();
        using var server = await TestServer.StartAsync(null, new Probe("probe", () =>
        {
            _ = Task.Run(async () =>
            {
                await release.Task;
                done.SetResult(McpDevBench.Observability.CorrelationId.Current);
            });
            return new CallToolResult { Content = [] };
        }));
        await (
            await SendAsync(
                server, "POST", "/mcp",
                """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe"}}""")).Content.ReadAsStringAsync();
        await SendAsync(server, "GET", "/health/live", null, given: "another");
        release.SetResult();
        Assert.Equal(Given, await done.Task);
    }

    [Theory]
    [InlineData("chosen", "other", "chosen")]
    [InlineData("has space", "other", "other")]
    [InlineData("", "other", "other")]
    [InlineData("chosen", "has space", "chosen")]
    public async Task The_first_of_two_that_is_one_is_taken(string correlationId, string requestId, string expected)
    {
        using var server = await TestServer.StartAsync();
        var answer = await SendAsync(server, "GET", "/health/live", null, "X-Correlation-Id", correlationId, requestId);
        Assert.Equal(expected, Assert.Single(answer.Headers.GetValues("X-Correlation-Id")));
    }

    private static Probe Failing(string name, Exception exception) => new(name, () => throw exception);

    private static async Task<JsonNode> ErrorAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return JsonNode.Parse(text.Split('\n').FirstOrDefault(line => line.StartsWith("data: "))?[6..] ?? text)!["error"]!;
    }

    private static Task<HttpResponseMessage> SendAsync(
        TestServer server, string method, string path, string? body, string? header = null, string? value = null, string? given = Given)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(
            body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (header is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        if (given is not null)
            request.Headers.TryAddWithoutValidation("X-Request-Id", given);
        return server.Client.SendAsync(request);
    }

    private sealed class Probe(string name, Func<CallToolResult> answer) : McpServerTool
    {
        public override Tool ProtocolTool { get; } = new() { Name = name, Annotations = new() { ReadOnlyHint = true } };

        public override IReadOnlyList<object> Metadata => [];

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) => ValueTask.FromResult(answer());
    }
}
