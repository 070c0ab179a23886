using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>One number, or one for each series, as large as there is room.</summary>
internal static class StatPanel
{
    private const double TitleHeight = 34, LargestText = 38, Bold = 1.1;

    public static void Draw(Svg svg, Box box, PanelData data)
    {
        Panel.Draw(svg, box, data.Panel.Title);
        var series = data.Series.Where(one => PanelData.Last(one) is not null).ToList();
        var inside = box.Inset(4, TitleHeight, 4, 4);
        if (series.Count == 0)
            svg.Text(
                inside.X + (inside.Width / 2), inside.Y + (inside.Height / 2) + 4, data.Panel.NoValue, 16, svg.Theme.Muted, Anchor.Middle);
        foreach (var (one, number) in series.Select((one, number) => (one, number)))
            DrawOne(svg, inside.Cell(number, 0, series.Count, 1, 4), data, one, series.Count > 1);
    }

    private static void DrawOne(Svg svg, Box box, PanelData data, Series series, bool isNamed)
    {
        var (panel, theme) = (data.Panel, svg.Theme);
        var value = PanelData.Last(series)!.Value;
        var color = panel.Thresholds.ColorOf(value, theme);
        if (panel.ColorsBackground)
            svg.Rect(box, color, radius: 3, opacity: 0.28);
        if (panel.ShowsCurve)
            DrawCurve(svg, box, data.Window, series, color);
        var text = panel.ShowsName ? series.Name : panel.Format(value);
        var size = Math.Min(Math.Min(LargestText, box.Height * 0.5), (box.Width - 24) / (TextWidth.Of(text, 1) * Bold));
        var middle = box.Y + (box.Height / 2) + (size / 3) - (panel.ShowsCurve ? box.Height / 10 : 0);
        svg.Text(box.X + (box.Width / 2), middle, text, size, color, Anchor.Middle, bold: true);
        if (isNamed)
            svg.Text(box.X + (box.Width / 2), box.Y + 12, TextWidth.Fit(series.Name, 11, box.Width - 8), 11, theme.Muted, Anchor.Middle);
    }

    private static void DrawCurve(Svg svg, Box box, Window window, Series series, string color)
    {
        var points = series.Points.Where(point => double.IsFinite(point.Y)).ToList();
        if (points.Count < 2)
            return;
        var (lowest, highest) = (Math.Min(0, points.Min(point => point.Y)), points.Max(point => point.Y));
        var height = box.Height * 0.35;
        var line = points.Select(point => (
            X: box.X + (box.Width * (point.X - window.Begin) / (window.End - window.Begin)),
            Y: box.Bottom - (highest > lowest ? height * (point.Y - lowest) / (highest - lowest) : 0))).ToList();
        svg.Polygon([.. line, (line[^1].X, box.Bottom), (line[0].X, box.Bottom)], color, 0.18);
        svg.Polyline(line, color, 1.2);
    }
}
