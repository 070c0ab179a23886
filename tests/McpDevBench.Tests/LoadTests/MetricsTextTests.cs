using McpDevBench.LoadTests.Metrics;

namespace McpDevBench.Tests.LoadTests;

public sealed class MetricsTextTests
{
    [Theory]
    [InlineData("up 1", "up", 1)]
    [InlineData("a 3 1767225600000", "a", 3)]
    [InlineData("a_bucket{le=\"0.1\"} 4 # {trace_id=\"abc\"} 0.07 1767225600.5", "a_bucket", 4)]
    [InlineData("a +Inf", "a", double.PositiveInfinity)]
    public void A_value_is_read_whatever_follows_it(string line, string name, double value)
    {
        var sample = Assert.Single(MetricsText.Parse(line));
        Assert.Equal(name, sample.Name);
        Assert.Equal(value, sample.Value);
    }

    [Fact]
    public void Labels_may_hold_whatever_the_format_can_escape()
    {
        var sample = Assert.Single(MetricsText.Parse("""a{one="x",two="quote \" slash \\ line \n brace } comma ,",three="",} 7"""));
        Assert.Equal(
            new Dictionary<string, string> { ["one"] = "x", ["two"] = "quote \" slash \\ line \n brace } comma ,", ["three"] = "" },
            sample.Labels);
        Assert.Equal(7, sample.Value);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("name{label=\"x\" 1")]
    [InlineData("name word")]
    public void A_line_that_is_no_sample_is_not_passed_over(string line) =>
        Assert.ThrowsAny<FormatException>(() => MetricsText.Parse(line));

    [Fact]
    public async Task What_the_server_exports_is_read()
    {
        var metrics = Metering.Catalogue();
        metrics.Api.Served("exec", TimeSpan.FromMilliseconds(3), errorType: null);
        metrics.Api.Served("exec", TimeSpan.FromSeconds(2), "timeout");
        metrics.Containers.Spawned("cold", TimeSpan.FromSeconds(1));
        var snapshot = new Snapshot(MetricsText.Parse(await metrics.ExportAsync(CancellationToken.None)));
        Assert.Equal(2, snapshot.SumBy("mcp_api_requests_total", "method")["exec"]);
        Assert.Equal(1, snapshot.SumBy("mcp_api_errors_total", "method", "error_type")["exec timeout"]);
        Assert.Equal(1, snapshot.Histogram("mcp_api_request_duration_seconds", labels => labels["method"] == "exec").Within(0.1));
        Assert.Equal(1, snapshot.Histogram("mcp_container_spawn_duration_seconds").Count);
    }
}
