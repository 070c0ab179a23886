using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Scenarios;

namespace McpDevBench.LoadTests.Slo;

/// <summary>The objectives by the scraped metrics alone, as the recording rules of the deployment see them.</summary>
internal static class MetricsSide
{
    public static Side Of(ScenarioResult result)
    {
        var requests = Requests(result).Values.Sum();
        var failures = Errors(result).Where(pair => Objective.ServersErrors.Contains(pair.Key.Split(' ')[1])).Sum(pair => pair.Value);
        return new Side(
            new(new Share(result.Scrapes.Sum(scrape => scrape.Available), result.Scrapes.Count)),
            Within(Prompt(result), Objective.FastSeconds),
            new(new Share(requests - failures, requests)),
            Within(Spawns(result), Objective.SpawnSeconds));
    }

    /// <summary>Requests by method.</summary>
    public static IReadOnlyDictionary<string, double> Requests(ScenarioResult result) =>
        Increase(result, "mcp_api_requests_total", "method");

    /// <summary>Refusals and failures by method and error type.</summary>
    public static IReadOnlyDictionary<string, double> Errors(ScenarioResult result) =>
        Increase(result, "mcp_api_errors_total", "method", "error_type");

    /// <summary>Durations of the methods that do not wait on purpose.</summary>
    public static Buckets Prompt(ScenarioResult result) =>
        Increase(result, "mcp_api_request_duration_seconds", labels => !Objective.Waiting.Contains(labels["method"]));

    public static Buckets Spawns(ScenarioResult result) => Increase(result, "mcp_container_spawn_duration_seconds", where: null);

    private static IReadOnlyDictionary<string, double> Increase(ScenarioResult result, string name, params string[] labels) =>
        Snapshot.Increase(result.Before.SumBy(name, labels), result.After.SumBy(name, labels));

    private static Buckets Increase(ScenarioResult result, string name, Func<IReadOnlyDictionary<string, string>, bool>? where) =>
        result.After.Histogram(name, where).Since(result.Before.Histogram(name, where));

    private static Sight Within(Buckets histogram, double seconds) =>
        new(new Share(histogram.Within(seconds), histogram.Count), histogram.Quantile(0.95));
}
