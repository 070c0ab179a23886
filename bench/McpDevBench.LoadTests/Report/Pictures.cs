using McpDevBench.LoadTests.Charts;
using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Slo;

namespace McpDevBench.LoadTests.Report;

/// <summary>The pictures of the report.</summary>
internal static class Pictures
{
    private const double Width = 1120, Height = 660, Gap = 12;

    private static readonly Theme _theme = Theme.Light;

    /// <summary>What 95 % of the answers have to keep.</summary>
    public static Limit FastLimit { get; } = new("100 ms, for 95 % of what does not wait", Objective.FastSeconds, Theme.Light.Bad);

    /// <summary>How slow the slowest are, each scenario a line.</summary>
    public static string Percentiles(IReadOnlyList<Judgement> judgements)
    {
        var svg = new Svg(Width, 420, _theme);
        Curves("Latency by percentile, all requests", [.. judgements.Select(one => (one.Result.Scenario.Name, one.Latencies))], []).Draw(
            svg, new Box(0, 0, Width, 420).Inset(Gap));
        return svg.ToString();
    }

    /// <summary>One scenario: percentiles, and what happened when.</summary>
    public static string Scenario(Judgement one)
    {
        var svg = new Svg(Width, Height, _theme);
        var all = new Box(0, 0, Width, Height).Inset(Gap);
        var timeline = new Timeline(one.Result);
        var samples = one.Result.Recording.Samples.ToLookup(sample => Objective.Waiting.Contains(sample.Method), sample => sample.Latency);
        Curves(
            "Latency by percentile",
            [("methods that do not wait on purpose", new Latencies(samples[false])),
            ("spawn, kill, exec and exec_poll", new Latencies(samples[true]))],
            [FastLimit]).Draw(svg, all.Cell(0, 0, 2, 2, Gap));
        timeline.Latency().Draw(svg, all.Cell(1, 0, 2, 2, Gap));
        timeline.Throughput().Draw(svg, all.Cell(0, 1, 2, 2, Gap));
        if (one.Result.Resources is { } resources)
        {
            var last = all.Cell(1, 1, 2, 2, Gap);
            timeline.Processors(resources).Draw(svg, last.Cell(0, 0, 2, 1, Gap));
            timeline.Memory(resources).Draw(svg, last.Cell(1, 0, 2, 1, Gap));
        }
        return svg.ToString();
    }

    private static LineChart Curves(string title, IReadOnlyList<(string Name, Latencies Latencies)> lines, IReadOnlyList<Limit> limits)
    {
        var series = lines.Where(line => line.Latencies.Count > 0).Select(
            line => new Series(line.Name, [.. line.Latencies.Curve()])).ToList();
        var points = series.SelectMany(line => line.Points).ToList();
        var (fastest, slowest) = points.Count == 0 ? (0.001, 1) : (points.Min(point => point.Y), points.Max(point => point.Y));
        return new(
            title, series, Scale.Percentiles(points.Select(point => point.X).DefaultIfEmpty(90).Max()),
            Scale.Logarithmic(fastest, Math.Max(slowest, Objective.FastSeconds * 2), Unit.Seconds))
        {
            Subtitle = "from the intended start; every further nine is as wide as the one before",
            Limits = limits,
        };
    }
}
