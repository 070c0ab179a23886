using System.Globalization;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A dashboard as a picture, laid out as Grafana does it: on a grid of 24 columns.</summary>
internal static class DashboardPicture
{
    private const double Width = 1440, Row = 38, Gap = 8, Header = 58;
    private const int Columns = 24;

    public static string Draw(Dashboard dashboard, Window window, IReadOnlyList<PanelData> panels, Theme theme)
    {
        var rows = panels.Max(data => data.Panel.Position.Y + data.Panel.Position.Height);
        var svg = new Svg(Width, Header + (rows * Row) + Gap, theme);
        var end = DateTimeOffset.FromUnixTimeMilliseconds((long)(window.End * 1000));
        svg.Text(Gap + 4, 26, dashboard.Title, 19, theme.Text, bold: true);
        svg.Text(Gap + 4, 46, dashboard.Description, 12, theme.Muted);
        svg.Text(Width - Gap - 4, 26, $"{TimeSpan.FromSeconds(window.End - window.Begin):m\\:ss} minutes until {end.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC", 12, theme.Muted, Anchor.End);
        foreach (var data in panels)
            DrawPanel(svg, Place(data.Panel.Position), data);
        return svg.ToString();
    }

    private static Box Place(GridPosition position)
    {
        var column = (Width - Gap) / Columns;
        return new(
            Gap + (position.X * column), Header + (position.Y * Row), (position.Width * column) - Gap, (position.Height * Row) - Gap);
    }

    private static void DrawPanel(Svg svg, Box box, PanelData data)
    {
        Action<Svg, Box, PanelData> draw = data.Panel.Type switch
        {
            "timeseries" => TimeSeriesPanel.Draw,
            "stat" => StatPanel.Draw,
            "gauge" => GaugePanel.Draw,
            "bargauge" => BarGaugePanel.Draw,
            "table" => TablePanel.Draw,
            "heatmap" => HeatmapPanel.Draw,
            "row" => (picture, place, row) => picture.Text(place.X + 4, place.Y + 20, row.Panel.Title, 14, picture.Theme.Text, bold: true),
            var type => throw new NotSupportedException($"'{data.Panel.Title}' is a panel of type {type}, which cannot be drawn."),
        };
        draw(svg, box, data);
    }
}
