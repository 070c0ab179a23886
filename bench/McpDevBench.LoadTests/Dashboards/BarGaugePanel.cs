using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A bar for each series.</summary>
internal static class BarGaugePanel
{
    private const double TextSize = 12, ThickestBar = 26;

    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var (panel, theme) = (data.Panel, svg.Theme);
        var inside = Panel.Draw(svg, box, panel.Title);
        var series = data.Series.Where(one => PanelData.Last(one) is not null).ToList();
        if (series.Count == 0)
        {
            Panel.NoData(svg, inside);
            return;
        }
        var names = Math.Min(inside.Width / 3, series.Max(one => TextWidth.Of(one.Name, TextSize))) + 8;
        var numbers = series.Max(one => TextWidth.Of(panel.Format(PanelData.Last(one)!.Value), TextSize)) + 10;
        var (lowest, highest) = (panel.Minimum ?? 0, panel.Maximum ?? series.Max(PanelData.Last)!.Value);
        foreach (var (one, number) in series.Select((one, number) => (one, number)))
        {
            var row = inside.Cell(0, number, 1, series.Count, 4);
            var value = PanelData.Last(one)!.Value;
            var middle = row.Y + (row.Height / 2);
            var bar = new Box(
                row.X + names, middle - (Math.Min(ThickestBar, row.Height) / 2), row.Width - names - numbers,
                Math.Min(ThickestBar, row.Height));
            var share = highest > lowest ? Math.Clamp((value - lowest) / (highest - lowest), 0, 1) : 0;
            var color = panel.Thresholds.ColorOf(value, theme);
            svg.Text(row.X, middle + 4, TextWidth.Fit(one.Name, TextSize, names - 4), TextSize, theme.Text);
            svg.Rect(bar, theme.Grid, radius: 2);
            svg.Rect(bar with { Width = Math.Max(1, bar.Width * share) }, color, radius: 2, opacity: 0.85);
            svg.Text(row.Right, middle + 4, panel.Format(value), TextSize, color, Anchor.End, bold: true);
        }
    }
}
