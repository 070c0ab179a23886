namespace McpDevBench.LoadTests.Charts;

/// <summary>The frame around a chart, and its title.</summary>
internal static class Panel
{
    private const double Padding = 12, TitleSize = 13, SubtitleSize = 11;

    /// <returns>The room that is left inside.</returns>
    public static Box Draw(Svg svg, Box box, string title, string? subtitle = null)
    {
        svg.Rect(box, svg.Theme.Panel, svg.Theme.Border, radius: 4);
        svg.Text(
            box.X + Padding, box.Y + Padding + 9, TextWidth.Fit(title, TitleSize, box.Width - (2 * Padding)), TitleSize, svg.Theme.Text,
            bold: true);
        if (subtitle is null)
            return box.Inset(Padding, Padding + 18, Padding, Padding - 4);
        svg.Text(
            box.X + Padding, box.Y + Padding + 25, TextWidth.Fit(subtitle, SubtitleSize, box.Width - (2 * Padding)), SubtitleSize,
            svg.Theme.Muted);
        return box.Inset(Padding, Padding + 36, Padding, Padding - 4);
    }

    public static void NoData(Svg svg, Box inside) =>
        svg.Text(inside.X + (inside.Width / 2), inside.Y + (inside.Height / 2) + 4, "no data", 13, svg.Theme.Muted, Anchor.Middle);
}
