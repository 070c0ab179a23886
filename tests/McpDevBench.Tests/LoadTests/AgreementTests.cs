using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Scenarios;
using McpDevBench.LoadTests.Slo;
using McpDevBench.LoadTests.Watches;

namespace McpDevBench.Tests.LoadTests;

/// <summary>The clients make twenty calls of fs_stat, each answered within a few milliseconds by a clock that nobody has to wait for.</summary>
public sealed class AgreementTests
{
    private const int Calls = 20;

    [Fact]
    public void The_same_counts_and_durations_agree() => Assert.Empty(Differences(server: 0.004));

    [Fact]
    public void A_request_that_only_the_server_counted_is_a_difference() =>
        Assert.Contains("requests of fs_stat: the clients counted 20, the metrics 21", Differences(0.004, counted: Calls + 1));

    [Fact]
    public void An_error_that_the_server_did_not_count_is_a_difference() =>
        Assert.Contains("errors of fs_stat file_not_found: the clients counted 1, the metrics 0", Differences(0.004, error: "file_not_found"));

    [Fact]
    public void A_server_that_says_it_took_longer_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.04));

    [Fact]
    public void A_server_that_says_it_took_far_less_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.0004));

    [Fact]
    public void Unless_the_way_takes_so_long() => Assert.Empty(Differences(0.0004, way: 0.004));

    /// <param name="server">How long the server says each call took, in seconds; each client waited for 5 ms.</param>
    /// <param name="way">How long a health probe takes, in seconds.</param>
    private static IReadOnlyList<string> Differences(double server, int counted = Calls, string? error = null, double way = 0.0002)
    {
        var recording = new Recording(new FixedWait(TimeSpan.FromMilliseconds(5)));
        for (var call = 0; call < Calls; call++)
            recording.Answered("fs_stat", 0, 0, call == 0 ? error : null);
        double[] bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, double.PositiveInfinity];
        var buckets = bounds.Select(bound => new MetricSample("mcp_api_request_duration_seconds_bucket", Labels(("method", "fs_stat"), ("le", double.IsInfinity(bound) ? "+Inf" : $"{bound}")), server <= bound ? Calls : 0));
        return [.. Agreement.Differences(new ScenarioResult(new Scenario("test", "", 1, []), new LoadPlan(1, TimeSpan.FromSeconds(1)))
        {
            Arrivals = [],
            Elapsed = TimeSpan.Zero,
            Recording = recording,
            Sent = new Dictionary<string, double> { ["fs_stat"] = Calls },
            Probes = [new Probe(true, TimeSpan.FromSeconds(way))],
            Scrapes = [],
            Before = new Snapshot([]),
            After = new Snapshot([new("mcp_api_requests_total", Labels(("method", "fs_stat")), counted), .. buckets]),
            Resources = null,
        })];
    }

    private static Dictionary<string, string> Labels(params IEnumerable<(string Name, string Value)> labels) => labels.ToDictionary(label => label.Name, label => label.Value);

    /// <summary>A clock on which it is always so late.</summary>
    private sealed class FixedWait(TimeSpan wait) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => wait.Ticks;
    }
}
