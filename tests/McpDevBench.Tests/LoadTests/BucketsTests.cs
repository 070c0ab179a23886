using McpDevBench.LoadTests.Metrics;

namespace McpDevBench.Tests.LoadTests;

public sealed class BucketsTests
{
    private const double Infinity = double.PositiveInfinity;

    /// <summary>What Prometheus's <c>histogram_quantile</c> answers for the same buckets.</summary>
    [Theory]
    [InlineData(0.5, 0.1)]
    [InlineData(0.9, 0.82)]
    public void A_quantile_lies_inside_of_its_bucket_as_Prometheus_has_it(double quantile, double expected) =>
        Assert.Equal(expected, Of((0.1, 50), (1, 100), (Infinity, 100)).Quantile(quantile)!.Value, 1e-9);

    [Fact]
    public void What_is_above_all_bounds_is_the_largest_of_them() => Assert.Equal(1, Of((0.1, 0), (1, 10), (Infinity, 100)).Quantile(0.95));

    [Fact]
    public void Nothing_observed_has_no_quantile_and_nothing_within()
    {
        Assert.Null(Of().Quantile(0.95));
        Assert.Null(Of((0.1, 0), (Infinity, 0)).Quantile(0.95));
        Assert.Equal(0, Of().Within(0.1));
        Assert.Equal(0, Of().Count);
    }

    [Fact]
    public void A_bound_that_the_histogram_does_not_have_is_not_guessed()
    {
        Assert.Equal(5, Of((0.1, 5), (1, 9), (Infinity, 9)).Within(0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Of((0.1, 5), (1, 9), (Infinity, 9)).Within(0.2));
    }

    [Fact]
    public void What_was_there_before_does_not_count()
    {
        var since = Of((0.1, 7), (1, 12), (Infinity, 13)).Since(Of((0.1, 5), (1, 5), (Infinity, 5)));
        Assert.Equal(2, since.Within(0.1));
        Assert.Equal(8, since.Count);
        Assert.Equal(13, Of((0.1, 7), (1, 12), (Infinity, 13)).Since(Of()).Count);
    }

    private static Buckets Of(params IEnumerable<(double UpperBound, double Count)> buckets) =>
        new(buckets.Select(bucket => new Bucket(bucket.UpperBound, bucket.Count)));
}
