using McpDevBench.LoadTests.Load;

namespace McpDevBench.Tests.LoadTests;

public sealed class ArrivalsTests
{
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(100);

    [Fact]
    public void Random_arrivals_are_in_order_within_the_duration_and_as_many_as_asked_for()
    {
        var arrivals = Arrivals.Poisson(100, _duration, new Random(1)).ToList();
        Assert.Equal(arrivals.Order(), arrivals);
        Assert.All(arrivals, arrival => Assert.InRange(arrival, TimeSpan.Zero, _duration));
        // Five standard deviations of a Poisson distribution of 10,000.
        Assert.InRange(arrivals.Count, 9_500, 10_500);
    }

    [Fact]
    public void Random_gaps_are_those_of_independent_people()
    {
        var arrivals = Arrivals.Poisson(100, _duration, new Random(1)).Select(arrival => arrival.TotalSeconds).ToList();
        var gaps = arrivals.Zip(arrivals.Skip(1), (earlier, later) => later - earlier).ToList();
        // Of an exponential distribution, a share of 1/e is longer than the mean.
        Assert.InRange(gaps.Count(gap => gap > 0.01) / (double)gaps.Count, 0.34, 0.40);
    }

}
