using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A panel, and what Prometheus answered to its queries.</summary>
internal sealed record PanelData(PanelModel Panel, Window Window, IReadOnlyList<(TargetModel Target, Answer Answer)> Answers)
{
    public IReadOnlyList<Series> Series { get; } = [.. Answers.Select(
        pair => new Series(LegendFormat.Name(pair.Target.Legend, pair.Answer.Labels), pair.Answer.Points))];

    /// <summary>Whether there is anything to draw.</summary>
    public bool IsEmpty => Series.All(series => Last(series) is null);

    /// <summary>The last value that is a number.</summary>
    public static double? Last(Series series) =>
        series.Points.LastOrDefault(point => double.IsFinite(point.Y), (0, double.NaN)).Y is var value
            && double.IsFinite(value) ? value : null;

    /// <summary>Asks the panel's queries, word for word.</summary>
    public static async Task<PanelData> AskAsync(PrometheusApi prometheus, PanelModel panel, Window window)
    {
        var answers = new List<(TargetModel, Answer)>();
        foreach (var target in panel.Targets)
        {
            var isInstant = target.IsInstant || panel.Type == "table";
            var answered = isInstant
                ? await prometheus.QueryAsync(target.Expression, window)
                : await prometheus.QueryRangeAsync(target.Expression, window);
            answers.AddRange(answered.Select(answer => (target, isInstant ? answer : Gaps(answer, window))));
        }
        return new(panel, window, answers);
    }

    /// <summary>Where a value is missing, the line is interrupted.</summary>
    private static Answer Gaps(Answer answer, Window window)
    {
        var points = new List<(double X, double Y)>();
        foreach (var point in answer.Points)
        {
            if (points.Count > 0 && point.X - points[^1].X > window.Step * 1.5)
                points.Add((points[^1].X + window.Step, double.NaN));
            points.Add(point);
        }
        return answer with { Points = points };
    }
}
