using HdrHistogram;

namespace McpDevBench.LoadTests.Load;

/// <summary>Durations in an HdrHistogram: microseconds up to an hour, three significant digits.</summary>
internal sealed class Latencies
{
    private const double MicrosecondsPerSecond = 1e6;

    private readonly LongHistogram _histogram = new(3_600_000_000, 3);

    public Latencies(IEnumerable<TimeSpan> durations)
    {
        foreach (var duration in durations)
            _histogram.RecordValue(Math.Clamp((long)duration.TotalMicroseconds, 1, _histogram.HighestTrackableValue));
    }

    public long Count => _histogram.TotalCount;

    /// <summary>
    /// The shortest duration that so many per cent do not exceed, in seconds, as Prometheus counts too; the histogram itself would round to
    /// the nearest. Null without a duration.
    /// </summary>
    public double? Percentile(double percentile) =>
        Count == 0 ? null : _histogram.GetValueAtPercentile(100 * Math.Ceiling(percentile / 100 * Count) / Count) / MicrosecondsPerSecond;

    public double? Maximum => Count == 0 ? null : _histogram.GetMaxValue() / MicrosecondsPerSecond;

    /// <summary>Percentiles up to the highest that so many durations can tell, denser towards 100, with their values in seconds.</summary>
    public IEnumerable<(double Percentile, double Seconds)> Curve() => _histogram.Percentiles(5)
        .Where(point => point.Percentile < 100)
        .Select(point => (point.Percentile, point.ValueIteratedTo / MicrosecondsPerSecond));
}
