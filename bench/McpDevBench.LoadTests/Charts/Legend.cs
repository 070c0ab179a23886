namespace McpDevBench.LoadTests.Charts;

/// <summary>Which colour is what, in rows below a chart. What does not fit is counted.</summary>
internal sealed class Legend
{
    private readonly List<(double X, double Y, string Label, string? Color)> _entries = [];
    private readonly double _size;

    private Legend(double size) => _size = size;

    public double Height { get; private set; }

    public static Legend Layout(IReadOnlyList<(string Label, string Color)> entries, double size, double width, double most, double line)
    {
        var legend = new Legend(size);
        var rows = Math.Max(1, (int)(most / line));
        var (x, row) = (0.0, 0);
        foreach (var ((label, color), number) in entries.Select((entry, number) => (entry, number)))
        {
            var text = TextWidth.Fit(label, size, width - 24);
            var needed = 18 + TextWidth.Of(text, size) + 14;
            if (x > 0 && x + needed > width)
                (x, row) = (0, row + 1);
            if (row == rows || (row == rows - 1 && number < entries.Count - 1 && x + needed + 60 > width))
            {
                legend._entries.Add((x, Math.Min(row, rows - 1) * line, $"and {entries.Count - number} more", null));
                break;
            }
            legend._entries.Add((x, row * line, text, color));
            x += needed;
        }
        legend.Height = legend._entries.Count == 0 ? 0 : legend._entries[^1].Y + line + 2;
        return legend;
    }

    public void Draw(Svg svg, double x, double y)
    {
        foreach (var entry in _entries)
        {
            if (entry.Color is not null)
                svg.Rect(new Box(x + entry.X, y + entry.Y + 7, 12, 3), entry.Color, radius: 1);
            svg.Text(x + entry.X + (entry.Color is null ? 0 : 18), y + entry.Y + 12, entry.Label, _size, svg.Theme.Muted);
        }
    }
}
