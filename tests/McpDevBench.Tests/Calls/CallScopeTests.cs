using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Audit;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Calls;

/// <summary>What every call goes through, over real HTTP.</summary>
public sealed class CallScopeTests
{
    [Fact]
    public async Task A_refusal_is_a_result_that_a_model_can_put_right()
    {
        using var server = await TestServer.StartAsync(
            null, Probe.Refusing(new RequestException(ErrorCode.ContainerNotFound, "There is no workspace 'x'.", "Call list_containers.")));
        var (result, response) = await CallAsync(server);
        Assert.True((bool)result["isError"]!);
        Assert.StartsWith(
            "container_not_found: There is no workspace 'x'.\nCall list_containers.", (string)result["content"]![0]!["text"]!);
        var error = result["structuredContent"]!["error"]!;
        Assert.Equal("container_not_found", (string)error["code"]!);
        Assert.Equal("Call list_containers.", (string)error["hint"]!);
        Assert.False((bool)error["retryable"]!);
        Assert.Equal(-32001, (int)error["details"]!["number"]!);
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), (string)error["correlation_id"]!);
    }

    [Fact]
    public async Task The_unexpected_is_logged_once_and_told_only_by_its_id()
    {
        using var server = await TestServer.StartAsync(null, Probe.Refusing(new InvalidOperationException("the secret reason")));
        var (result, _) = await CallAsync(server, correlationId: "my-id.1");
        Assert.Equal("server_error", (string)result["structuredContent"]!["error"]!["code"]!);
        Assert.Equal("my-id.1", (string)result["structuredContent"]!["error"]!["correlation_id"]!);
        Assert.DoesNotContain("secret", result.ToJsonString());
        var errors = server.Log.Lines().Where(line => line.Contains("\"ERROR\"")).ToArray();
        Assert.Contains("the secret reason", Assert.Single(errors));
        Assert.Contains("\"correlation_id\":\"my-id.1\"", errors[0]);
    }

    [Fact]
    public async Task A_call_has_one_summary_line()
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        await CallAsync(server, """{"container_id":"c_1"}""");
        var line = JsonNode.Parse(Assert.Single(server.Log.Lines(), line => line.Contains("Tool called")))!;
        Assert.Equal(
            ("INFO", "probe", "ok", "c_1", "local"),
            (
                (string)line["level"]!, (string)line["tool"]!, (string)line["outcome"]!, (string)line["container_id"]!,
                (string)line["principal"]!));
        Assert.True((double)line["duration_ms"]! >= 0);
    }

    [Fact]
    public async Task An_unknown_tool_is_an_error_of_the_protocol_and_its_name_no_label()
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        var answer = await PostAsync(server, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"invented"}}""");
        Assert.Equal(-32602, (int)(await MessageAsync(answer))["error"]!["code"]!);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(CancellationToken.None);
        Assert.DoesNotContain("invented", metrics);
        Assert.Contains("mcp_api_errors_total{method=\"unknown\",error_type=\"invalid_argument\"} 1", metrics);
        Assert.DoesNotContain(server.Log.Lines(), line => line.Contains("\"ERROR\"") || line.Contains("\"WARNING\""));
    }

    [Theory]
    [InlineData("""{"name":"probe","arguments":[1]}""", -32602)]
    [InlineData("""{"name":["probe"]}""", -32602)]
    [InlineData("{}", -32602)]
    public async Task A_call_that_cannot_be_read_is_counted_and_has_its_line(string parameters, int code)
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        var answer = await PostAsync(server, $$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{parameters}}}""", "my-id.1");
        Assert.Equal(code, (int)(await MessageAsync(answer))["error"]!["code"]!);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(CancellationToken.None);
        Assert.Contains("mcp_api_requests_total{method=\"unknown\"} 1\n", metrics);
        Assert.Contains("mcp_api_errors_total{method=\"unknown\",error_type=\"invalid_argument\"} 1\n", metrics);
        var line = JsonNode.Parse(Assert.Single(server.Log.Lines(), line => line.Contains("Tool called")))!;
        Assert.Equal(
            ("INFO", "unknown", "invalid_argument", "local", "my-id.1"),
            (
                (string)line["level"]!, (string)line["tool"]!, (string)line["outcome"]!, (string)line["principal"]!,
                (string)line["correlation_id"]!));
    }

    [Fact]
    public async Task A_prompt_that_policy_denies_is_counted_and_recorded_like_a_tool()
    {
        using var server = await TestServer.StartAsync(null, contract => contract.WithPrompts([new Denied()]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent(
                """{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"denied"}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        var error = (await MessageAsync(await server.Client.SendAsync(request)))["error"]!;
        Assert.Equal("Not this image. Use another.", (string)error["message"]!);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(CancellationToken.None);
        Assert.Contains("mcp_policy_denials_total{rule=\"image\"} 1\n", metrics);
        Assert.Contains("mcp_api_errors_total{method=\"prompts/get\",error_type=\"image_not_allowed\"} 1\n", metrics);
        var record = Assert.Single(server.Services.GetRequiredService<AuditLog>().Store.After(AuditFilter.All, 0, 10)).Entry;
        Assert.Equal(
            (AuditEvents.PolicyDenied, "local", "prompts/get", AuditResults.Denied),
            (record.EventType, record.Principal, record.Target, record.Result));
    }

    [Fact]
    public async Task A_call_is_counted_once()
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        await CallAsync(server);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(CancellationToken.None);
        Assert.Contains("mcp_api_requests_total{method=\"unknown\"} 1\n", metrics);
    }

    [Fact]
    public async Task While_draining_nothing_that_changes_something_is_begun()
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        server.Services.GetRequiredService<DrainState>().Begin();
        var (result, _) = await CallAsync(server);
        Assert.Equal("draining", (string)result["structuredContent"]!["error"]!["code"]!);
        Assert.True((bool)result["structuredContent"]!["error"]!["retryable"]!);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_in_words()
    {
        using var server = await TestServer.StartAsync(null, Probe.Answering("hello"));
        var answer = await PostAsync(server, "{\"a\":\"" + new string('a', 5_000_000) + "\"}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("resource_exhausted", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["code"]!);
    }

    [Theory]
    [InlineData("X-Correlation-Id", "abc.DEF_1-2", "abc.DEF_1-2")]
    [InlineData("X-Request-Id", "abc", "abc")]
    [InlineData("X-Correlation-Id", "has space", null)]
    [InlineData("X-Correlation-Id", "tea&pot", null)]
    [InlineData("X-Correlation-Id", "0123456789012345678901234567890123456789012345678901234567890123-too-long", null)]
    public async Task The_callers_correlation_id_is_kept_if_it_is_one(string header, string given, string? expected)
    {
        using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.TryAddWithoutValidation(header, given);
        var said = (await server.Client.SendAsync(request)).Headers.GetValues("X-Correlation-Id").Single();
        if (expected is null)
            Assert.Matches("^req-[a-z0-9]{16}$", said);
        else
            Assert.Equal(expected, said);
    }

    private static async Task<(JsonNode Result, HttpResponseMessage Response)> CallAsync(
        TestServer server, string arguments = "{}", string? correlationId = null)
    {
        var response = await PostAsync(
            server, $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe","arguments":{{{arguments}}}}}""",
            correlationId);
        return ((await MessageAsync(response))["result"]!, response);
    }

    private static async Task<JsonNode> MessageAsync(HttpResponseMessage response) =>
        JsonNode.Parse((await response.Content.ReadAsStringAsync()).Split('\n').First(line => line.StartsWith("data: "))[6..])!;

    private static Task<HttpResponseMessage> PostAsync(TestServer server, string body, string? correlationId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(
            body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (correlationId is not null)
            request.Headers.Add("X-Correlation-Id", correlationId);
        return server.Client.SendAsync(request);
    }

    private sealed class Denied : McpServerPrompt
    {
        public override Prompt ProtocolPrompt { get; } = new() { Name = "denied" };

        public override IReadOnlyList<object> Metadata => [];

        public override ValueTask<GetPromptResult> GetAsync(
            RequestContext<GetPromptRequestParams> request, CancellationToken cancellationToken = default) =>
            throw new RequestException(ErrorCode.ImageNotAllowed, "Not this image.", "Use another.") { Rule = "image" };
    }

    private sealed class Probe(Func<CallToolResult> answer) : McpServerTool
    {
        public override Tool ProtocolTool { get; } = new() { Name = "probe", Annotations = new() { ReadOnlyHint = false } };

        public override IReadOnlyList<object> Metadata => [];

        public static Probe Answering(string text) => new(() => new CallToolResult { Content = [new TextContentBlock { Text = text }] });

        public static Probe Refusing(Exception exception) => new(() => throw exception);

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) => ValueTask.FromResult(answer());
    }
}
