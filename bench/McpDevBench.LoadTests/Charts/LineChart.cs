namespace McpDevBench.LoadTests.Charts;

/// <summary>A line of a chart. A value that is no number interrupts it.</summary>
/// <param name="Color">Null: by its place among the others.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points, string? Color = null);

/// <summary>A value that should not be crossed.</summary>
internal sealed record Limit(string Name, double Value, string Color);

/// <summary>Lines over an axis.</summary>
internal sealed record LineChart(string Title, IReadOnlyList<Series> Series, Scale X, Scale Y)
{
    private const double TextSize = 11;

    public string? Subtitle { get; init; }

    /// <summary>What stands below the horizontal axis.</summary>
    public string? XName { get; init; }

    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>How much of the area below a line is filled: 0 for nothing.</summary>
    public double Fill { get; init; }

    /// <summary>Whether the lines lie on top of each other, as parts of a sum do.</summary>
    public bool Stacked { get; init; }

    /// <summary>Said of each line in the legend, beside its name.</summary>
    public Func<Series, string>? Remark { get; init; }

    /// <summary>What the legend says beyond its lines.</summary>
    public IReadOnlyList<LegendEntry> MoreEntries { get; init; } = [];

    public void Draw(Svg svg, Box panel)
    {
        var inside = Panel.Draw(svg, panel, Title, Subtitle);
        if (Series.All(series => series.Points.Count == 0))
        {
            Panel.NoData(svg, inside);
            return;
        }
        var legend = Legend.Layout(
            [.. Series.Select(
                (series, number) => new LegendEntry(
                    series.Name, Remark?.Invoke(series) ?? "", Color(svg.Theme, series, number))), .. MoreEntries],
            inside.Width, inside.Height / 3);
        var labels = 10 + Y.Ticks.Max(tick => TextWidth.Of(tick.Label, TextSize));
        var plot = inside.Inset(labels, 4, 12, (XName is null ? 20 : 36) + legend.Height);
        DrawAxes(svg, plot);
        svg.Clip(plot.Inset(-1), () => DrawLines(svg, plot));
        DrawLimits(svg, plot);
        legend.Draw(svg, inside.X + 2, inside.Bottom - legend.Height);
    }

    private static string Color(Theme theme, Series series, int number) => series.Color ?? theme.Color(number);

    private void DrawAxes(Svg svg, Box plot)
    {
        var theme = svg.Theme;
        foreach (var tick in Y.Ticks)
        {
            var y = plot.Bottom - (Y.Position(tick.Value) * plot.Height);
            svg.Line(plot.X, y, plot.Right, y, theme.Grid);
            svg.Text(plot.X - 6, y + (TextSize / 3), tick.Label, TextSize, theme.Muted, Anchor.End);
        }
        var free = double.NegativeInfinity;
        foreach (var tick in X.Ticks)
        {
            var x = plot.X + (X.Position(tick.Value) * plot.Width);
            svg.Line(x, plot.Y, x, plot.Bottom, theme.Grid);
            var half = TextWidth.Of(tick.Label, TextSize) / 2;
            if (x - half < free)
                continue;
            svg.Text(x, plot.Bottom + 15, tick.Label, TextSize, theme.Muted, Anchor.Middle);
            free = x + half + 6;
        }
        if (XName is not null)
            svg.Text(plot.X + (plot.Width / 2), plot.Bottom + 30, XName, TextSize, theme.Muted, Anchor.Middle);
        svg.Line(plot.X, plot.Bottom, plot.Right, plot.Bottom, theme.Muted);
    }

    private void DrawLines(Svg svg, Box plot)
    {
        var sums = new Dictionary<double, double>();
        foreach (var (series, number) in Series.Select((series, number) => (series, number)))
        {
            var color = Color(svg.Theme, series, number);
            foreach (var run in Runs(series, sums))
            {
                var line = run.Select(
                    point =>
                        (X: plot.X + (X.Position(point.X) * plot.Width), Y: plot.Bottom - (Y.Position(point.Y) * plot.Height))).ToList();
                if (Fill > 0)
                {
                    var below = run.Select(
                        point => (X: plot.X + (X.Position(point.X) * plot.Width), Y: plot.Bottom - (Y.Position(point.Base) * plot.Height)));
                    svg.Polygon([.. line, .. below.Reverse()], color, Fill);
                }
                if (line.Count == 1)
                    svg.Circle(line[0].X, line[0].Y, 2, color);
                else
                    svg.Polyline(line, color, 1.6);
            }
        }
    }

    /// <summary>The unbroken parts of a line, each point with what it stands on.</summary>
    private IEnumerable<List<(double X, double Y, double Base)>> Runs(Series series, Dictionary<double, double> sums)
    {
        var run = new List<(double X, double Y, double Base)>();
        foreach (var (x, y) in series.Points)
        {
            if (double.IsFinite(y))
            {
                var below = Stacked ? sums.GetValueOrDefault(x) : Y.Ticks[0].Value;
                var top = Stacked ? below + y : y;
                if (Stacked)
                    sums[x] = top;
                run.Add((x, top, below));
            }
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }
        if (run.Count > 0)
            yield return run;
    }

    private void DrawLimits(Svg svg, Box plot)
    {
        var free = double.PositiveInfinity;
        foreach (var limit in Limits.OrderBy(limit => limit.Value))
        {
            var position = Y.Position(limit.Value);
            if (position is < 0 or > 1)
                continue;
            var y = plot.Bottom - (position * plot.Height);
            svg.Line(plot.X, y, plot.Right, y, limit.Color, 1.2, "6 4");
            // Two limits that are close share a place; the lower one has the word.
            if (free - y < TextSize)
                continue;
            svg.Text(plot.X + 6, y - 4, limit.Name, TextSize, limit.Color);
            free = y;
        }
    }
}
