using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>An answer with nothing in it says why, in its text and for a program.</summary>
public sealed class EmptyAnswerTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(null, contract =>
        contract.Services.AddSingleton<McpServerTool, MetricsTool>().AddSingleton<McpServerTool, AuditQueryTool>());

    [Theory]
    [InlineData("nosuch", "No metric begins with 'nosuch'. Names begin with ")]
    [InlineData("mcp_apy", "No metric begins with 'mcp_apy'. Did you mean mcp_api? Names begin with ")]
    [InlineData("API_REQUEST", "No metric begins with 'API_REQUEST'. Did you mean mcp_api_request")]
    [InlineData(
        "mcp_api_request_duration_seconds_bucket",
        "Only histogram buckets begin with 'mcp_api_request_duration_seconds_bucket': pass buckets=true.")]
    public async Task A_prefix_of_no_metric_is_answered_with_the_nearest_names(string prefix, string hint)
    {
        await RawCall.ToolAsync(_server, "audit_query");
        var (text, structure) = await CallAsync("metrics", $$"""{"prefix":"{{prefix}}"}""");
        Assert.StartsWith(hint, text, StringComparison.Ordinal);
        Assert.Equal((text, ""), ((string?)structure["hint"], (string?)structure["text"]));
    }

    [Theory]
    [InlineData("{}", "You have no records yet.")]
    [InlineData(
        """{"event_type":"exec.start","result":"denied"}""",
        "None of your records has event_type=exec.start and result=denied. Leave out a filter to see more.")]
    [InlineData("""{"container_id":"proj"}""", "No workspace of yours has or had the alias 'proj'")]
    [InlineData("""{"since":"2026-02-01","until":"2026-01-01"}""", "since is not before until, so no record can match.")]
    [InlineData("""{"cursor":"1"}""", "There are no records after this cursor.")]
    public async Task A_query_without_records_says_which_filter_leaves_none(string arguments, string hint)
    {
        var (text, structure) = await CallAsync("audit_query", arguments);
        Assert.Contains(hint, text, StringComparison.Ordinal);
        Assert.Equal(text, (string?)structure["hint"]);
        Assert.Empty(structure["records"]!.AsArray());
    }

    [Theory]
    [InlineData("py", "python:3 pypy:3")]
    [InlineData("PY", "python:3 pypy:3")]
    [InlineData("ubuntu", "registry.example/ubuntu:24")]
    [InlineData("pythn:3", "python:3")]
    [InlineData("zzzzz", "")]
    [InlineData("", "python:3 pypy:3 registry.example/ubuntu:24")]
    public void A_completion_without_a_match_offers_what_is_like_it(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Completions.Matching(text, ["python:3", "pypy:3", "registry.example/ubuntu:24"])));

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(string Text, JsonNode Structure)> CallAsync(string tool, string arguments)
    {
        var result = (await RawCall.ToolAsync(_server, tool, arguments))["result"]!;
        return ((string)result["content"]![0]!["text"]!, result["structuredContent"]!);
    }
}
