using McpDevBench.LoadTests.Slo;
using McpDevBench.LoadTests.Watches;

namespace McpDevBench.Tests.LoadTests;

/// <summary>The clients and the metrics of <see cref="TwentyCalls"/>.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void The_same_counts_and_durations_agree() => Assert.Empty(Differences(server: 0.004));

    [Fact]
    public void A_request_that_only_the_server_counted_is_a_difference() =>
        Assert.Contains("requests of fs_stat: the clients counted 20, the metrics 21", Differences(0.004, counted: TwentyCalls.Count + 1));

    [Fact]
    public void An_error_that_the_server_did_not_count_is_a_difference() =>
        Assert.Contains(
            "errors of fs_stat file_not_found: the clients counted 1, the metrics 0", Differences(0.004, error: "file_not_found"));

    [Fact]
    public void A_server_that_says_it_took_longer_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.04));

    [Fact]
    public void A_server_that_says_it_took_far_less_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.0004));

    [Fact]
    public void Unless_the_way_takes_so_long() => Assert.Empty(Differences(0.0004, way: 0.004));

    [Theory]
    // A restart between two looks of a Prometheus, and one that just one look of it met.
    [InlineData(2, 1, 0)]
    [InlineData(2, 1, 1)]
    // Two of them.
    [InlineData(6, 2, 0)]
    // It looked once too often.
    [InlineData(0, 0, 1)]
    public void What_lies_between_two_looks_is_no_difference(int notReady, int times, int down) =>
        Assert.Empty(Availability(notReady, times, down));

    [Fact]
    public void Metrics_that_know_nothing_of_an_outage_are_a_difference() =>
        Assert.Equal(["availability: 80.0 % for the clients, 100.0 % in the metrics"], Availability(notReady: 24, times: 1, down: 0));

    [Fact]
    public void An_outage_that_no_client_saw_is_a_difference() =>
        Assert.Equal(["availability: 100.0 % for the clients, 90.0 % in the metrics"], Availability(notReady: 0, times: 0, down: 3));

    /// <summary>Half a minute: four probes and one scrape a second.</summary>
    /// <param name="notReady">Probes that did not find the server ready.</param>
    /// <param name="times">In so many outages.</param>
    /// <param name="down">Scrapes that the server did not answer.</param>
    private static IEnumerable<string> Availability(int notReady, int times, int down)
    {
        var result = TwentyCalls.Of(server: 0.004);
        var up = result.Scrapes.Single();
        var each = times == 0 ? 0 : notReady / times;
        return Agreement.Differences(result with
        {
            Probes = [.. Enumerable.Range(0, 120).Select(
                number => new Probe(number % 60 >= each || number / 60 >= times, result.Probes.Single().Took))],
            Scrapes = [.. Enumerable.Range(0, 30).Select(number => number < down ? new Scrape(null) : up)],
        });
    }

    private static IReadOnlyList<string> Differences(
        double server, int counted = TwentyCalls.Count, string? error = null, double way = 0.0002) =>
        [.. Agreement.Differences(TwentyCalls.Of(server, counted, error, way))];
}
