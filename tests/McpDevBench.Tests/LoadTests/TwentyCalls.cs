using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Scenarios;
using McpDevBench.LoadTests.Watches;
using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests.LoadTests;

/// <summary>Twenty calls of fs_stat, for each of which the client waited 5 ms by a clock that nobody has to wait for.</summary>
internal static class TwentyCalls
{
    public const int Count = 20;

    /// <summary>How long each call took for its client, and so the time at which all of them end.</summary>
    private static readonly TimeSpan _took = TimeSpan.FromMilliseconds(5);

    private static readonly double[] _bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, double.PositiveInfinity];

    /// <param name="server">How long each took by the server's metrics, in seconds.</param>
    /// <param name="counted">How many there were by the server's metrics.</param>
    /// <param name="error">How the client's first call ended.</param>
    /// <param name="way">How long a health probe took, in seconds.</param>
    /// <param name="countedErrors">How many of that kind there were by the server's metrics.</param>
    public static ScenarioResult Of(double server, int counted = Count, string? error = null, double way = 0.0002, int countedErrors = 0)
    {
        var recording = new Recording(new FakeTimeProvider(new DateTimeOffset(_took.Ticks, TimeSpan.Zero)));
        for (var call = 0; call < Count; call++)
            recording.Answered("fs_stat", 0, 0, call == 0 ? error : null);
        var buckets = _bounds.Select(
            bound =>
                new MetricSample(
                    "mcp_api_request_duration_seconds_bucket",
                    Labels(("method", "fs_stat"), ("le", double.IsInfinity(bound) ? "+Inf" : $"{bound}")), server <= bound ? Count : 0));
        return new ScenarioResult(new Scenario("test", "twenty calls", 1, []), new LoadPlan(20, TimeSpan.FromSeconds(1)))
        {
            Arrivals = [.. Arrivals.Fixed(20, TimeSpan.FromSeconds(1))],
            Elapsed = TimeSpan.FromSeconds(1),
            Recording = recording,
            Sent = new Dictionary<string, double> { ["fs_stat"] = Count },
            Probes = [new Probe(true, TimeSpan.FromSeconds(way))],
            Scrapes = [new Scrape(new Snapshot([new MetricSample("mcp_server_ready", Labels(), 1)]))],
            Before = new Snapshot([]),
            After = new Snapshot(
            [
                new("mcp_api_requests_total", Labels(("method", "fs_stat")), counted),
                new("mcp_api_errors_total", Labels(("method", "fs_stat"), ("error_type", error ?? "other")), countedErrors),
                .. buckets,
            ]),
            Resources = null,
        };
    }

    private static Dictionary<string, string> Labels(params IEnumerable<(string Name, string Value)> labels) =>
        labels.ToDictionary(label => label.Name, label => label.Value);
}
