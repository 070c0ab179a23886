using McpDevBench.LoadTests.Charts;
using McpDevBench.LoadTests.Metrics;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A histogram over time: the more of a bucket, the stronger its colour.</summary>
internal static class HeatmapPanel
{
    private const double TextSize = 11;

    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var inside = Panel.Draw(svg, box, data.Panel.Title);
        var buckets = Buckets(data);
        if (buckets.Count == 0)
        {
            Panel.NoData(svg, inside);
            return;
        }
        var plot = inside.Inset(10 + buckets.Max(bucket => TextWidth.Of(Name(bucket.UpperBound), TextSize)), 4, 12, 22);
        var (x, most) = (TimeSeriesPanel.Axis(data.Window, 6), buckets.SelectMany(bucket => bucket.Cells.Values).Max());
        foreach (var (bucket, row) in buckets.Select((bucket, row) => (bucket, row)))
        {
            var line = plot.Cell(0, buckets.Count - 1 - row, 1, buckets.Count, 1);
            svg.Text(plot.X - 6, line.Y + (line.Height / 2) + 4, Name(bucket.UpperBound), TextSize, svg.Theme.Muted, Anchor.End);
            foreach (var (at, count) in bucket.Cells.Where(cell => cell.Value > 0))
                svg.Rect(
                    line with { X = plot.X + (x.Position(at) * plot.Width), Width = plot.Width * data.Window.Step / (
                        data.Window.End - data.Window.Begin) },
                    svg.Theme.Color(6), opacity: 0.1 + (0.9 * Math.Sqrt(count / most)));
        }
        foreach (var tick in x.Ticks)
            svg.Text(
                plot.X + (x.Position(tick.Value) * plot.Width), plot.Bottom + 15, tick.Label, TextSize, svg.Theme.Muted, Anchor.Middle);

        string Name(double bound) => data.Panel.Unit.Format(bound);
    }

    /// <summary>Prometheus counts each bucket with all below it; what is drawn is what a bucket has alone.</summary>
    private static List<(double UpperBound, Dictionary<double, double> Cells)> Buckets(PanelData data)
    {
        var buckets = new List<(double UpperBound, Dictionary<double, double> Cells)>();
        var below = new Dictionary<double, double>();
        foreach (
            var answer in data.Answers.Select(pair => pair.Answer).Where(answer => answer.Labels.ContainsKey("le")).OrderBy(
                answer => MetricsText.Number(answer.Labels["le"])))
        {
            var counts = answer.Points.Where(point => double.IsFinite(point.Y)).ToDictionary(point => point.X, point => point.Y);
            buckets.Add(
                (
                    MetricsText.Number(answer.Labels["le"]),
                    counts.ToDictionary(count => count.Key, count => Math.Max(0, count.Value - below.GetValueOrDefault(count.Key)))));
            below = counts;
        }
        return buckets;
    }
}
