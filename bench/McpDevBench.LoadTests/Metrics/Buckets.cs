namespace McpDevBench.LoadTests.Metrics;

/// <param name="UpperBound">The bucket's <c>le</c>.</param>
/// <param name="Count">Of all observations up to there.</param>
internal readonly record struct Bucket(double UpperBound, double Count);

/// <summary>A histogram of Prometheus: cumulative counts by upper bound, the last bound infinite.</summary>
internal sealed class Buckets(IEnumerable<Bucket> buckets)
{
    private readonly Bucket[] _buckets = [.. buckets.OrderBy(bucket => bucket.UpperBound)];

    public double Count => _buckets.Length == 0 ? 0 : _buckets[^1].Count;

    /// <summary>What was observed since an earlier moment.</summary>
    public Buckets Since(Buckets before) =>
        new(
            _buckets.Select(
                bucket =>
                    bucket with { Count = bucket.Count - before._buckets.FirstOrDefault(
                        old => old.UpperBound == bucket.UpperBound).Count }));

    /// <summary>How many observations are not above a bound that the histogram has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has no such bound, so it cannot say.</exception>
    public double Within(double bound)
    {
        if (_buckets.Length == 0)
            return 0;
        var index = Array.FindIndex(_buckets, bucket => bucket.UpperBound == bound);
        return index >= 0
            ? _buckets[index].Count
            : throw new ArgumentOutOfRangeException(nameof(bound), bound, "The histogram has no such bound.");
    }

    /// <summary>
    /// As Prometheus estimates it: linear inside of a bucket, and the largest finite bound for what lies above it. Null without an
    /// observation.
    /// </summary>
    public double? Quantile(double quantile)
    {
        if (Count == 0)
            return null;
        var rank = quantile * Count;
        var index = Array.FindIndex(_buckets, bucket => bucket.Count >= rank);
        if (double.IsInfinity(_buckets[index].UpperBound))
            return index == 0 ? null : _buckets[index - 1].UpperBound;
        var (start, below) = index == 0 ? (0, 0) : (_buckets[index - 1].UpperBound, _buckets[index - 1].Count);
        var inside = _buckets[index].Count - below;
        return inside == 0 ? start : start + ((_buckets[index].UpperBound - start) * (rank - below) / inside);
    }

    /// <summary>The number of the bucket that a value falls into, from zero.</summary>
    public int IndexOf(double value) => Array.FindIndex(_buckets, bucket => value <= bucket.UpperBound);

    /// <summary>The upper bound of a bucket by its number.</summary>
    public double UpperBound(int index) => _buckets[index].UpperBound;
}
