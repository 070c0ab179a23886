namespace McpDevBench.LoadTests.Charts;

/// <param name="Remark">Said beside the name.</param>
/// <param name="Color">Null for an entry that stands for others.</param>
internal sealed record LegendEntry(string Name, string Remark, string? Color);

/// <summary>Which colour is what, in rows below a chart. What does not fit is counted.</summary>
internal sealed class Legend
{
    private const double Size = 11, Line = 16, Swatch = 18, Gap = 14;

    private readonly List<(double X, double Y, LegendEntry Entry)> _entries = [];

    private Legend()
    {
    }

    public double Height => _entries.Count == 0 ? 0 : _entries[^1].Y + Line + 2;

    /// <param name="height">The most that it may take.</param>
    public static Legend Layout(IReadOnlyList<LegendEntry> entries, double width, double height)
    {
        var shown = entries;
        var legend = Layout(shown, width);
        while (legend.Height > Math.Max(height, Line + 2) && shown.Count > 2)
        {
            var left = entries.Count - shown.Count + 2;
            shown = [.. entries.Take(entries.Count - left), new LegendEntry($"and {left} more", "", null)];
            legend = Layout(shown, width);
        }
        return legend;
    }

    public void Draw(Svg svg, double left, double top)
    {
        foreach (var (x, y, entry) in _entries)
        {
            if (entry.Color is not null)
                svg.Rect(new Box(left + x, top + y + 7, 12, 3), entry.Color, radius: 1);
            svg.Text(
                left + x + (entry.Color is null ? 0 : Swatch), top + y + 12, entry.Name, Size,
                entry.Color is null ? svg.Theme.Muted : svg.Theme.Text, remark: entry.Remark);
        }
    }

    private static Legend Layout(IReadOnlyList<LegendEntry> entries, double width)
    {
        var legend = new Legend();
        var (x, y) = (0.0, 0.0);
        foreach (var entry in entries)
        {
            var remark = entry.Remark.Length > 0 ? TextWidth.Of(entry.Remark, Size) + 5 : 0;
            var fitted = entry with { Name = TextWidth.Fit(entry.Name, Size, width - Swatch - remark) };
            var needed = Swatch + TextWidth.Of(fitted.Name, Size) + remark;
            if (x > 0 && x + needed > width)
                (x, y) = (0, y + Line);
            legend._entries.Add((x, y, fitted));
            x += needed + Gap;
        }
        return legend;
    }
}
