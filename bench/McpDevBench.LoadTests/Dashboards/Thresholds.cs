using System.Text.Json;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>Which values are good, doubtful or bad.</summary>
/// <param name="Steps">From which value on which colour; the first has none before it.</param>
internal sealed record Thresholds(IReadOnlyList<(double From, string Color)> Steps)
{
    public static Thresholds None { get; } = new([]);

    public string ColorOf(double value, Theme theme) =>
        Steps.LastOrDefault(step => value >= step.From).Color is { } color ? theme.Color(color) : theme.Text;

    /// <summary>The values at which the colour changes.</summary>
    public IEnumerable<(double Value, string Color)> Limits =>
        Steps.Where(step => double.IsFinite(step.From)).Select(step => (step.From, step.Color));

    public static Thresholds Read(JsonElement json) =>
        new([.. json.Items("steps").Select(step => (step.Number("value") ?? double.NegativeInfinity, step.Text("color")))]);
}
