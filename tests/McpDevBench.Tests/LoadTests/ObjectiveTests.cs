using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Slo;
using McpDevBench.Mcp;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests.LoadTests;

public sealed partial class ObjectiveTests
{
    [Theory]
    [InlineData("availability", 999, 1000, true)]
    [InlineData("availability", 998, 1000, false)]
    [InlineData("latency", 95, 100, true)]
    [InlineData("latency", 94, 100, false)]
    [InlineData("errors", 9_991, 10_000, true)]
    [InlineData("errors", 9_990, 10_000, false)]
    [InlineData("errors", 0, 1, false)]
    [InlineData("spawn", 18, 20, false)]
    public void An_objective_is_met_up_to_its_limit(string name, double good, double all, bool met) =>
        Assert.Equal(met, Objective.All.Single(objective => objective.Name == name).IsMetBy(new Share(good, all)));

    [Fact]
    public void A_promise_is_kept_only_if_both_sides_say_so()
    {
        var (good, bad) = (new Sight(new Share(100, 100)), new Sight(new Share(1, 100)));
        Assert.True(new Verdict(Objective.Latency, good, good).IsMet);
        Assert.False(new Verdict(Objective.Latency, good, bad).IsMet);
        Assert.False(new Verdict(Objective.Latency, bad, good).IsMet);
    }

    [Fact]
    public void Methods_that_wait_are_methods_of_the_server()
    {
        string[] methods = [.. ToolCatalogue.All.Select(tool => tool.Name), .. ProtocolMethods.All, .. FileEndpoint.Methods];
        Assert.Empty(Objective.Waiting.Except(methods));
    }

    [Fact]
    public void Errors_of_the_server_are_errors_that_its_metrics_know() =>
        Assert.Empty(Objective.ServersErrors.Except(LabelValues.Errors.Words));

    [Fact]
    public async Task Limits_are_bounds_of_the_servers_histograms()
    {
        var metrics = Metering.Catalogue();
        metrics.Api.Served("exec", TimeSpan.FromSeconds(Objective.FastSeconds), errorType: null);
        metrics.Containers.Spawned("cold", TimeSpan.FromSeconds(Objective.SpawnSeconds));
        var snapshot = new Snapshot(MetricsText.Parse(await metrics.ExportAsync(CancellationToken.None)));
        Assert.Equal(1, snapshot.Histogram("mcp_api_request_duration_seconds").Within(Objective.FastSeconds));
        Assert.Equal(1, snapshot.Histogram("mcp_container_spawn_duration_seconds").Within(Objective.SpawnSeconds));
    }

    [Fact]
    public void The_rules_of_the_deployment_mean_the_same_methods_and_errors()
    {
        var rules = File.ReadAllText(Rules());
        Assert.All(Words(rules, LeftOut()), methods => Assert.Equal(Objective.Waiting.Order(), methods));
        Assert.All(Words(rules, ErrorTypes()), errors => Assert.Equal(Objective.ServersErrors.Order(), errors));
    }

    /// <summary>The alternatives of each place where they are named.</summary>
    private static List<IOrderedEnumerable<string>> Words(string rules, Regex place)
    {
        var places = place.Matches(rules).Select(match => match.Groups[1].Value.Split('|').Order()).ToList();
        Assert.NotEmpty(places);
        return places;
    }

    private static string Rules([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../deploy/prometheus/rules/slo.yml");

    [GeneratedRegex("method!~\"([^\"]*)\"")]
    private static partial Regex LeftOut();

    [GeneratedRegex("error_type=~\"([^\"]*)\"")]
    private static partial Regex ErrorTypes();
}
