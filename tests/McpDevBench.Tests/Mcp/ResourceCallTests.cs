using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Audit;
using McpDevBench.Mcp;
using McpDevBench.Observability.Metrics;
using McpDevBench.Tests.Observability.Traces;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Tests.Mcp;

/// <summary>What the reading of a resource leaves in metrics, audit record and trace, over real HTTP.</summary>
[Collection(Listening.Name)]
public sealed class ResourceCallTests
{
    private const string Container = "c_0f8fad5b-d9cb-469f-a165-70867728950e";

    [Fact]
    public async Task A_path_that_is_refused_is_counted_as_a_denial_as_a_tool_s_is()
    {
        using var server = await ServerAsync(() => throw new RequestException(ErrorCode.PathDenied, "no", "else"));
        Assert.NotNull((await ReadAsync(server, $"probe://{Container}/etc/passwd"))["error"]);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken);
        Assert.Contains("mcp_policy_denials_total{rule=\"path\"} 1\n", metrics);
        Assert.Contains("mcp_api_errors_total{method=\"resources/read\",error_type=\"path_denied\"} 1\n", metrics);
        Assert.Equal([AuditEvents.FsRead, AuditEvents.PolicyDenied], Records(server).Select(record => record.Entry.EventType));
    }

    [Theory]
    [InlineData(nameof(ErrorCode.Timeout), -32603)]
    [InlineData(nameof(ErrorCode.WorkspaceLost), -32603)]
    [InlineData(nameof(ErrorCode.Draining), -32603)]
    [InlineData(nameof(ErrorCode.PathDenied), -32602)]
    public async Task Only_what_other_parameters_would_put_right_is_an_error_of_the_parameters(string code, int number)
    {
        using var server = await ServerAsync(() => throw new RequestException(Enum.Parse<ErrorCode>(code), "no", "else"));
        Assert.Equal(number, (int?)(await ReadAsync(server, $"probe://{Container}/x"))["error"]!["code"]);
    }

    [Fact]
    public async Task Its_record_says_whose_workspace_and_which_path()
    {
        using var server = await ServerAsync(() => { });
        Assert.NotNull((await ReadAsync(server, $"probe://{Container}/src/main.py"))["result"]);
        var entry = Assert.Single(Records(server)).Entry;
        Assert.Equal(
            (AuditEvents.FsRead, "local", Container, "src/main.py"), (entry.EventType, entry.Principal, entry.ContainerId, entry.Target));
    }

    [Fact]
    public async Task A_handle_that_cannot_be_one_is_not_written_down()
    {
        using var server = await ServerAsync(() => { });
        await ReadAsync(server, "probe://password=hunter2/x");
        Assert.Null(Assert.Single(Records(server)).Entry.ContainerId);
    }

    [Fact]
    public async Task Its_span_has_the_workspace_and_its_lines_have_the_principal()
    {
        using var spans = new RecordedSpans();
        using var server = await ServerAsync(() => throw new InvalidOperationException("unforeseen"));
        var client = spans.Client();
        await ReadAsync(server, $"probe://{Container}/x", RecordedSpans.Traceparent(client));
        Assert.Equal(Container, (await spans.OursAsync(client)).GetTagItem("mcp_devbench.container_id"));
        var line = JsonNode.Parse(
            Assert.Single(server.Log.Lines(), line => line.Contains("Call failed unexpectedly", StringComparison.Ordinal)))!;
        Assert.Equal((Container, "local"), ((string)line["container_id"]!, (string)line["principal"]!));
    }

    private static Task<TestServer> ServerAsync(Action act) =>
        TestServer.StartAsync(null, contract => contract.WithResources([new Probe(act)]));

    private static List<AuditRecord> Records(TestServer server) =>
        server.Services.GetRequiredService<AuditLog>().Store.After(AuditFilter.All, 0, 1000);

    private static async Task<JsonNode> ReadAsync(TestServer server, string uri, string? traceparent = null)
    {
        var message = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = 1,
            ["method"] = "resources/read",
            ["params"] = new JsonObject { ["uri"] = uri, ["_meta"] = new JsonObject { ["traceparent"] = traceparent ?? "" } },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(
            message.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Client.SendAsync(request);
        return JsonNode.Parse((await response.Content.ReadAsStringAsync()).Split('\n').First(line => line.StartsWith("data: "))[6..])!;
    }

    /// <summary>A resource of ours that does what a test wants.</summary>
    private sealed class Probe(Action act) : DevBenchResource(
        "probe://", new ResourceTemplate { Name = "probe", UriTemplate = "probe://{container_id}/{path}" }, AuditEvents.FsRead)
    {
        protected override Task<(byte[] Bytes, string? MimeType)> ReadAsync(
            Caller caller, string handle, string path, CancellationToken cancellationToken)
        {
            act();
            return Task.FromResult<(byte[], string?)>(("content"u8.ToArray(), null));
        }
    }
}
