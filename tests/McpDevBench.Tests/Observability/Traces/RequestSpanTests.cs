using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Prometheus;

namespace McpDevBench.Tests.Observability.Traces;

/// <summary>The span of a request, over real HTTP: where it belongs, what it says, and what it does not.</summary>
[Collection(Listening.Name)]
public sealed class RequestSpanTests : IDisposable
{
    private const string Canary = "canary-41b7";
    private const string Container = "c_0f8fad5b-d9cb-469f-a165-70867728950e", Exec = "e_7c9e6679-7425-40de-944b-e07fc1f90ae7";

    private readonly RecordedSpans _spans = new();

    public void Dispose() => _spans.Dispose();

    [Fact]
    public async Task A_call_belongs_to_the_client_s_span_and_is_linked_to_the_request()
    {
        using var server = await ServerAsync(() => (CallFacts.Current!.ContainerId, CallFacts.Current.ExecId) = (Container, Exec));
        var (client, web) = (_spans.Client(), _spans.Client());
        var response = await PostAsync(
            server, Call("probe", RecordedSpans.Traceparent(client), id: "\"" + new string('x', 100) + "\""),
            RecordedSpans.Traceparent(web));
        var http = await _spans.HttpAsync(web);
        Assert.Equal(web.SpanId, http.ParentSpanId);
        var span = await _spans.OursAsync(client);
        Assert.Equal(("tools/call probe", ActivityKind.Server, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.Status));
        Assert.Equal((client.SpanId, http.Context), (span.ParentSpanId, Assert.Single(span.Links).Context));
        Assert.Empty(span.Events);
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["mcp.method.name"] = "tools/call",
                ["gen_ai.tool.name"] = "probe",
                ["gen_ai.operation.name"] = "execute_tool",
                ["jsonrpc.request.id"] = new string('x', 64),
                ["mcp.protocol.version"] = "2025-11-25",
                ["network.transport"] = "tcp",
                ["mcp_devbench.correlation_id"] = response.Headers.GetValues("X-Correlation-Id").Single(),
                ["mcp_devbench.container_id"] = Container,
                ["mcp_devbench.exec_id"] = Exec,
            }.OrderBy(tag => tag.Key, StringComparer.Ordinal),
            span.TagObjects.OrderBy(tag => tag.Key, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(RemoteParentTests.Hostile), MemberType = typeof(RemoteParentTests), DisableDiscoveryEnumeration = true)]
    public async Task Without_a_client_s_span_it_belongs_to_the_request(string traceparent)
    {
        using var server = await ServerAsync();
        var web = _spans.Client();
        await PostAsync(server, Call("probe", traceparent), RecordedSpans.Traceparent(web));
        var span = await _spans.OursAsync(web);
        Assert.Equal((await _spans.HttpAsync(web)).SpanId, span.ParentSpanId);
        Assert.Empty(span.Links);
    }

    [Theory]
    [InlineData("\"traceparent\":7")]
    [InlineData("\"traceparent\":null")]
    [InlineData("\"traceparent\":{\"traceparent\":\"x\"}")]
    [InlineData("\"traceparent\":[]")]
    public async Task A_traceparent_of_another_kind_is_none(string member)
    {
        using var server = await ServerAsync();
        var web = _spans.Client();
        await PostAsync(
            server, $$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe","_meta":{{{{{member}}}}}}}""",
            RecordedSpans.Traceparent(web));
        Assert.Empty((await _spans.OursAsync(web)).Links);
    }

    [Theory]
    [InlineData(
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"canary-41b7","arguments":{},META}}""", "tools/call",
        "invalid_argument", "-32602")]
    [InlineData(
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["canary-41b7"],META}}""", "tools/call", "invalid_argument",
        "-32602")]
    [InlineData(
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe","arguments":["canary-41b7"],META}}""", "tools/call",
        "invalid_argument", "-32602")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"canary-41b7/x","params":{META}}""", "unknown", "invalid_argument", "-32601")]
    [InlineData(
        """{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"canary-41b7://x",META}}""", "resources/read",
        "invalid_argument", "-32601")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{META}}""", "tools/list", null, null)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"canary-41b7"},"argument":{"name":"canary-41b7","value":"canary-41b7"},META}}""", "completion/complete", "invalid_argument", "-32601")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"canary-41b7","version":"1"},META}}""", "initialize", null, null)]
    public async Task No_name_that_a_client_made_up_is_in_a_span(string body, string name, string? errorType, string? code)
    {
        using var server = await ServerAsync();
        var client = _spans.Client();
        await PostAsync(
            server,
            body.Replace("META", $$"""  "_meta":{"traceparent":"{{RecordedSpans.Traceparent(client)}}"}  """, StringComparison.Ordinal));
        var span = await _spans.OursAsync(client);
        Assert.Equal(
            (name, name, errorType, code),
            (
                span.DisplayName, span.GetTagItem("mcp.method.name"), span.GetTagItem("error.type"),
                span.GetTagItem("rpc.response.status_code")));
        Assert.Null(span.GetTagItem("gen_ai.tool.name"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        AssertSilent(span);
    }

    public static TheoryData<string, string?, bool, string?> Failures() => new()
    {
        { "container_not_found", "container_not_found", false, null },
        { "invalid_argument", "invalid_argument", false, null },
        { "docker_unavailable", "docker_unavailable", true, "System.IO.IOException" },
        { "timeout", "timeout", true, null },
        { "unexpected", "server_error", true, "System.InvalidOperationException" },
        { "tool_error", "tool_error", false, null },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Only_the_server_s_failures_are_errors_and_no_message_is_told(
        string failure, string? errorType, bool isError, string? exceptionType)
    {
        using var server = await ServerAsync(() => throw (failure switch
        {
            "container_not_found" => new RequestException(ErrorCode.ContainerNotFound, Canary, Canary),
            "invalid_argument" => new RequestException(ErrorCode.InvalidArgument, Canary, Canary, inner: new JsonException(Canary)),
            "docker_unavailable" => new RequestException(
                ErrorCode.DockerUnavailable, Canary, Canary, inner: new HttpRequestException(Canary, new IOException(Canary))),
            "timeout" => new RequestException(ErrorCode.Timeout, Canary, Canary),
            "tool_error" => new ToolErrorException(),
            _ => new InvalidOperationException(Canary),
        }));
        var client = _spans.Client();
        await PostAsync(server, Call("probe", RecordedSpans.Traceparent(client)));
        var span = await _spans.OursAsync(client);
        Assert.Equal(errorType, span.GetTagItem("error.type"));
        Assert.Equal(
            (isError ? ActivityStatusCode.Error : ActivityStatusCode.Unset, isError ? errorType : null),
            (span.Status, span.StatusDescription));
        Assert.Equal(exceptionType, span.GetTagItem("exception.type"));
        AssertSilent(span);
    }

    [Fact]
    public async Task A_handle_that_is_none_of_ours_is_not_in_the_span()
    {
        using var server = await ServerAsync();
        var client = _spans.Client();
        await PostAsync(server, Call("probe", RecordedSpans.Traceparent(client)));
        var span = await _spans.OursAsync(client);
        Assert.Null(span.GetTagItem("mcp_devbench.container_id"));
        Assert.Null(span.GetTagItem("mcp_devbench.exec_id"));
        AssertSilent(span);
    }

    [Fact]
    public async Task Log_lines_and_exemplars_name_the_span()
    {
        using var server = await ServerAsync();
        var client = _spans.Client();
        await PostAsync(server, Call("probe", RecordedSpans.Traceparent(client)));
        var span = await _spans.OursAsync(client);
        var line = JsonNode.Parse(Assert.Single(server.Log.Lines(), line => line.Contains("Tool called")))!;
        Assert.Equal((client.TraceId.ToHexString(), span.SpanId.ToHexString()), ((string)line["trace_id"]!, (string)line["span_id"]!));
        using var metrics = new MemoryStream();
        await server.Services.GetRequiredService<MetricCatalogue>().Registry.CollectAndExportAsTextAsync(
            metrics, ExpositionFormat.OpenMetricsText);
        Assert.StartsWith("mcp_api_request_duration_seconds_bucket", Assert.Single(
            Encoding.UTF8.GetString(metrics.ToArray()).Split('\n'), line =>
                line.Contains("_bucket", StringComparison.Ordinal) && line.Contains(
                    $"trace_id=\"{client.TraceId}\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static void AssertSilent(Activity span) =>
        Assert.DoesNotContain(
            Canary,
            string.Join(
                '\n', span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}").Append(span.DisplayName).Append(span.StatusDescription)),
            StringComparison.Ordinal);

    private static Task<TestServer> ServerAsync(Action? called = null) => TestServer.StartAsync(null, new Probe(called));

    private static string Call(string tool, string traceparent, string id = "1") => new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = JsonNode.Parse(id),
        ["method"] = "tools/call",
        ["params"] = new JsonObject
        {
            ["name"] = tool,
            ["arguments"] = new JsonObject { ["container_id"] = Canary, ["exec_id"] = Canary, ["contents"] = Canary },
            ["_meta"] = new JsonObject { ["traceparent"] = traceparent, ["tracestate"] = "a=b" },
        },
    }.ToJsonString();

    private static async Task<HttpResponseMessage> PostAsync(TestServer server, string body, string? traceparent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(
            body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", "2025-11-25");
        if (traceparent is not null)
            request.Headers.Add("traceparent", traceparent);
        var response = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsStringAsync();
        return response;
    }

    private sealed class ToolErrorException : Exception;

    private sealed class Probe(Action? called) : McpServerTool
    {
        public override Tool ProtocolTool { get; } = new() { Name = "probe", Annotations = new() { ReadOnlyHint = true } };

        public override IReadOnlyList<object> Metadata => [];

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
        {
            try
            {
                called?.Invoke();
                return ValueTask.FromResult(new CallToolResult());
            }
            catch (ToolErrorException)
            {
                return ValueTask.FromResult(new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = Canary }] });
            }
        }
    }
}
