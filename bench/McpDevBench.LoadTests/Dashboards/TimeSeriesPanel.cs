using System.Globalization;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>Lines over time.</summary>
internal static class TimeSeriesPanel
{
    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var panel = data.Panel;
        var series = data.Series.Where(one => PanelData.Last(one) is not null).OrderByDescending(PanelData.Last).ToList();
        var values = panel.IsStacked ? Sums(series) : series.SelectMany(one => one.Points).Select(point => point.Y).Where(double.IsFinite);
        var (lowest, highest) = (values.DefaultIfEmpty(0).Min(), values.DefaultIfEmpty(1).Max());
        new LineChart(
            panel.Title, series, Axis(data.Window, 6),
            Scale.Linear(panel.Minimum ?? Math.Min(lowest, 0), panel.Maximum ?? highest, panel.Unit, box.Height > 200 ? 5 : 3))
        {
            Fill = panel.Fill,
            Stacked = panel.IsStacked,
            Limits = panel.ShowsThresholds ? [.. panel.Thresholds.Limits.Select(limit => new Limit(panel.Format(limit.Value), limit.Value, svg.Theme.Color(limit.Color)))] : [],
            Remark = one => panel.Format(PanelData.Last(one)!.Value),
        }.Draw(svg, box);
    }

    /// <summary>The time of day.</summary>
    public static Scale Axis(Window window, int steps) => Scale.Time(window.Begin, window.End, steps,
        at => DateTimeOffset.FromUnixTimeMilliseconds((long)(at * 1000)).ToString(at % 60 == 0 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture));

    private static IEnumerable<double> Sums(IEnumerable<Series> series) =>
        series.SelectMany(one => one.Points).Where(point => double.IsFinite(point.Y)).GroupBy(point => point.X).Select(group => group.Sum(point => point.Y));
}
