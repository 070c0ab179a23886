using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>An arc for each series, from the least to the most that a value can be.</summary>
internal static class GaugePanel
{
    private const double From = -120, To = 120;

    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var inside = Panel.Draw(svg, box, data.Panel.Title);
        var series = data.Series.Where(one => PanelData.Last(one) is not null).ToList();
        if (series.Count == 0)
            Panel.NoData(svg, inside);
        foreach (var (one, number) in series.Select((one, number) => (one, number)))
            DrawOne(svg, inside.Cell(number, 0, series.Count, 1, 8), data.Panel, one, series.Count > 1);
    }

    private static void DrawOne(Svg svg, Box box, PanelModel panel, Series series, bool isNamed)
    {
        var value = PanelData.Last(series)!.Value;
        var (lowest, highest) = (panel.Minimum ?? 0, panel.Maximum ?? (panel.Unit.Name == "percentunit" ? 1 : 100));
        var color = panel.Thresholds.ColorOf(value, svg.Theme);
        var radius = Math.Min(box.Width * 0.4, box.Height * 0.5);
        var (x, y) = (box.X + (box.Width / 2), box.Y + (box.Height * 0.58));
        svg.Arc(x, y, radius, From, To, svg.Theme.Grid, radius / 4);
        svg.Arc(
            x, y, radius, From, From + Math.Max(0.5, (To - From) * Math.Clamp((value - lowest) / (highest - lowest), 0, 1)), color,
            radius / 4);
        var text = panel.Format(value);
        svg.Text(x, y + (radius / 8), text, Math.Min(radius / 2.2, radius * 1.4 / TextWidth.Of(text, 1)), color, Anchor.Middle, bold: true);
        if (isNamed)
            svg.Text(x, box.Bottom - 4, TextWidth.Fit(series.Name, 11, box.Width), 11, svg.Theme.Muted, Anchor.Middle);
    }
}
