using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A row for each series: its labels, and its value.</summary>
internal static class TablePanel
{
    private const double TextSize = 12, RowHeight = 24;

    public static void Draw(Svg svg, Box box, PanelData data)
    {
        var theme = svg.Theme;
        var inside = Panel.Draw(svg, box, data.Panel.Title);
        if (data.IsEmpty)
        {
            Panel.NoData(svg, inside);
            return;
        }
        var labels = data.Answers.SelectMany(pair => pair.Answer.Labels.Keys).Where(name => name != "__name__").Distinct().ToList();
        var column = inside.Width / (labels.Count + 1);
        DrawRow(0, labels.Append("value"), theme.Muted);
        var rows = data.Answers.OrderByDescending(pair => pair.Answer.Points[^1].Y).Take((int)(inside.Height / RowHeight) - 1).ToList();
        foreach (var (pair, number) in rows.Select((pair, number) => (pair, number)))
        {
            svg.Line(inside.X, inside.Y + (RowHeight * (number + 1)), inside.Right, inside.Y + (RowHeight * (number + 1)), theme.Grid);
            DrawRow(
                number + 1,
                labels.Select(name => pair.Answer.Labels.GetValueOrDefault(name, "")).Append(data.Panel.Format(pair.Answer.Points[^1].Y)),
                theme.Text);
        }

        void DrawRow(int row, IEnumerable<string> cells, string color)
        {
            foreach (var (cell, number) in cells.Select((cell, number) => (cell, number)))
                svg.Text(
                    inside.X + (column * number), inside.Y + (RowHeight * row) + 16, TextWidth.Fit(cell, TextSize, column - 8), TextSize,
                    color);
        }
    }
}
