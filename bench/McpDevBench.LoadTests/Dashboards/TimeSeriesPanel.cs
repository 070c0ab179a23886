using System.Globalization;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>Lines over time.</summary>
internal static class TimeSeriesPanel
{
    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var panel = data.Panel;
        var known = data.Series.Where(one => PanelData.Last(one) is not null).OrderByDescending(PanelData.Last).ToList();
        // What never happened is there to be counted, but among what did happen it only hides the view.
        var series = known.Where(one => one.Points.Any(point => double.IsFinite(point.Y)
            && point.Y != 0)).ToList() is { Count: > 0 } moving ? moving : known;
        var values = panel.IsStacked ? Sums(series) : series.SelectMany(one => one.Points).Select(point => point.Y).Where(double.IsFinite);
        var (lowest, highest) = (values.DefaultIfEmpty(0).Min(), values.DefaultIfEmpty(1).Max());
        new LineChart(
            panel.Title, series, Axis(data.Window, 6),
            Scale.Linear(panel.Minimum ?? Math.Min(lowest, 0), panel.Maximum ?? highest, panel.Unit, box.Height > 200 ? 5 : 3))
        {
            Fill = panel.Fill,
            Stacked = panel.IsStacked,
            Limits = panel.ShowsThresholds ? [.. panel.Thresholds.Limits.Select(
                limit => new Limit(panel.Format(limit.Value), limit.Value, svg.Theme.Color(limit.Color)))] : [],
            MoreEntries = known.Count > series.Count ? [new LegendEntry($"{known.Count - series.Count} more at zero", "", null)] : [],
            Remark = one => panel.Format(PanelData.Last(one)!.Value),
        }.Draw(svg, box);
    }

    /// <summary>The time of day.</summary>
    public static Scale Axis(Window window, int steps) => Scale.Time(window.Begin, window.End, steps,
        at =>
            DateTimeOffset.FromUnixTimeMilliseconds((long)(at * 1000)).ToString(
                at % 60 == 0 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture));

    private static IEnumerable<double> Sums(IEnumerable<Series> series) =>
        series.SelectMany(one => one.Points).Where(point => double.IsFinite(point.Y)).GroupBy(point => point.X).Select(
            group => group.Sum(point => point.Y));
}
