using System.Globalization;
using McpDevBench.LoadTests.Charts;
using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Scenarios;
using McpDevBench.LoadTests.Slo;
using McpDevBench.LoadTests.Watches;

namespace McpDevBench.LoadTests.Report;

/// <summary>What happened when, in intervals of the load.</summary>
internal sealed class Timeline(ScenarioResult result)
{
    private const int MaxIntervals = 40;

    private static readonly Theme _theme = Theme.Light;

    /// <summary>In seconds.</summary>
    private readonly double _interval = Math.Max(1, Math.Ceiling(result.Plan.Duration.TotalSeconds / MaxIntervals));

    private Scale X =>
        Scale.Time(
            0, Math.Max(result.Plan.Duration.TotalSeconds, result.Elapsed.TotalSeconds), 8,
            at => TimeSpan.FromSeconds(at).ToString(@"m\:ss", CultureInfo.InvariantCulture));

    /// <summary>Of the methods that are promised to be fast; of all, where there are no others.</summary>
    public LineChart Latency()
    {
        var fast = result.Recording.Samples.Where(sample => !Objective.Waiting.Contains(sample.Method)).ToList();
        var intervals = (fast.Count > 0 ? fast : result.Recording.Samples).GroupBy(
            sample => Interval(sample.At)).OrderBy(group => group.Key)
            .Select(group => (At: Middle(group.Key), Latencies: new Latencies(group.Select(sample => sample.Latency)))).ToList();
        var (fastest, slowest) = intervals.Count == 0 ? (0.001, 1) : (
            intervals.Min(one => one.Latencies.Percentile(50)!.Value), intervals.Max(one => one.Latencies.Maximum!.Value));
        return new("Latency over time",
            [
                new("slowest", [.. intervals.Select(one => (one.At, one.Latencies.Maximum!.Value))], _theme.Color(7)),
                new("P95", [.. intervals.Select(one => (one.At, one.Latencies.Percentile(95)!.Value))], _theme.Doubtful),
                new("P50", [.. intervals.Select(one => (one.At, one.Latencies.Percentile(50)!.Value))], _theme.Color(2)),
            ],
            X, Scale.Logarithmic(fastest, Math.Max(slowest, Objective.FastSeconds * 2), Unit.Seconds))
        {
            Subtitle = $"{(fast.Count > 0 ? "methods that do not wait on purpose" : "all requests")}, in intervals of {Unit.Seconds.Format(_interval)}",
            Limits = fast.Count > 0 ? [Pictures.FastLimit] : [],
        };
    }

    public LineChart Throughput()
    {
        var lines = new List<Series>
        {
            new("operations offered", Rates(result.Arrivals), _theme.Color(7)),
            new("operations achieved", Rates(result.Recording.OperationEnds), _theme.Good),
            new("requests", Rates(result.Recording.Samples.Select(sample => sample.At)), _theme.Color(2)),
        };
        return new(
            "Throughput over time", lines, X,
            Scale.Linear(0, lines.SelectMany(line => line.Points).Select(point => point.Y).DefaultIfEmpty(1).Max(), Unit.PerSecond, 5))
        {
            Subtitle = $"a second, in intervals of {Unit.Seconds.Format(_interval)}",
        };
    }

    public LineChart Processors(ResourceWatch resources)
    {
        var points = Means(resources, usage => usage.Cores);
        return new(
            "Server's CPU", [new("cores", points, _theme.Color(2))], X,
            Scale.Linear(0, Math.Max(0.1, points.Select(point => point.Y).DefaultIfEmpty().Max()), Unit.Plain, 5)) { Subtitle =
                "cores in use", Fill = 0.12 };
    }

    public LineChart Memory(ResourceWatch resources) =>
        new(
            "Server's memory", [new("resident", Means(resources, usage => usage.ResidentBytes), _theme.Color(4))], X,
            Scale.Linear(0, resources.PeakBytes, Unit.Bytes, 5)) { Subtitle = "resident", Fill = 0.12 };

    private List<(double X, double Y)> Means(ResourceWatch resources, Func<Usage, double> what) =>
        [.. resources.Usages.GroupBy(usage => Interval(usage.At)).OrderBy(group => group.Key).Select(
            group => (Middle(group.Key), group.Average(what)))];

    private List<(double X, double Y)> Rates(IEnumerable<TimeSpan> moments)
    {
        var counts = moments.CountBy(Interval).ToDictionary();
        return [.. Enumerable.Range(0, (int)Math.Ceiling(result.Plan.Duration.TotalSeconds / _interval)).Select(
            number => (Middle(number), counts.GetValueOrDefault(number) / _interval))];
    }

    private int Interval(TimeSpan at) => (int)(at.TotalSeconds / _interval);

    private double Middle(int interval) => (interval + 0.5) * _interval;
}
