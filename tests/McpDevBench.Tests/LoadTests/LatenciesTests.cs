using McpDevBench.LoadTests.Load;

namespace McpDevBench.Tests.LoadTests;

public sealed class LatenciesTests
{
    /// <summary>
    /// Of seventeen, sixteen are less than 95 %: only the slowest is slower than 95 % of them, and that is what a Prometheus would say as
    /// well.
    /// </summary>
    [Theory]
    [InlineData(17, 95, 17)]
    [InlineData(20, 95, 19)]
    [InlineData(1000, 99.9, 999)]
    public void A_percentile_is_not_exceeded_by_so_many_per_cent(int count, double percentile, int rank) =>
        Assert.Equal(rank, Of(count).Percentile(percentile)!.Value * 1000, rank * 0.002);

    [Fact]
    public void Nothing_has_no_percentile()
    {
        Assert.Null(Of(0).Percentile(95));
        Assert.Null(Of(0).Maximum);
        Assert.Empty(Of(0).Curve());
    }

    /// <summary>One, two, three milliseconds, and so on.</summary>
    private static Latencies Of(int count) => new(Enumerable.Range(1, count).Select(number => TimeSpan.FromMilliseconds(number)));
}
