using McpDevBench.LoadTests.Slo;

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
        Assert.Contains("errors of fs_stat file_not_found: the clients counted 1, the metrics 0", Differences(0.004, error: "file_not_found"));

    [Fact]
    public void A_server_that_says_it_took_longer_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.04));

    [Fact]
    public void A_server_that_says_it_took_far_less_than_its_client_waited_is_wrong() => Assert.Single(Differences(0.0004));

    [Fact]
    public void Unless_the_way_takes_so_long() => Assert.Empty(Differences(0.0004, way: 0.004));

    private static IReadOnlyList<string> Differences(double server, int counted = TwentyCalls.Count, string? error = null, double way = 0.0002) =>
        [.. Agreement.Differences(TwentyCalls.Of(server, counted, error, way))];
}
