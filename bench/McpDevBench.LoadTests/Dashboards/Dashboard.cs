using System.Text.Json;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>A dashboard as Grafana's JSON describes it: as much of it as can be drawn.</summary>
internal sealed record Dashboard(string Title, string Description, IReadOnlyList<PanelModel> Panels)
{
    public static Dashboard Read(JsonElement json) =>
        new(json.Text("title"), json.Text("description"), [.. json.Items("panels").Select(PanelModel.Read)]);
}

/// <summary>What is asked of Prometheus.</summary>
/// <param name="Legend">How a series is called, with its labels in double braces; empty: by all its labels.</param>
/// <param name="IsInstant">Only the last value is wanted.</param>
internal sealed record TargetModel(string Expression, string Legend, bool IsInstant);

/// <summary>Where a panel is on a grid of 24 columns.</summary>
internal readonly record struct GridPosition(int X, int Y, int Width, int Height);

/// <summary>A panel.</summary>
internal sealed record PanelModel(string Type, string Title, GridPosition Position, IReadOnlyList<TargetModel> Targets)
{
    public Unit Unit { get; private init; } = Unit.Plain;

    public double? Minimum { get; private init; }

    public double? Maximum { get; private init; }

    /// <summary>Said where there is no value.</summary>
    public string NoValue { get; private init; } = "no data";

    public Thresholds Thresholds { get; private init; } = Thresholds.None;

    /// <summary>Words for certain values.</summary>
    public IReadOnlyDictionary<string, string> Mappings { get; private init; } = new Dictionary<string, string>();

    public bool IsStacked { get; private init; }

    /// <summary>From 0 to 1.</summary>
    public double Fill { get; private init; }

    /// <summary>Whether thresholds are lines in the chart.</summary>
    public bool ShowsThresholds { get; private init; }

    /// <summary>Whether the threshold's colour fills the panel.</summary>
    public bool ColorsBackground { get; private init; }

    /// <summary>Whether the way to the value is drawn below it.</summary>
    public bool ShowsCurve { get; private init; }

    /// <summary>Whether the series' name is shown, not its value.</summary>
    public bool ShowsName { get; private init; }

    public string Format(double value) => Mappings.TryGetValue(Unit.Plain.Format(value), out var word) ? word : Unit.Format(value);

    public static PanelModel Read(JsonElement json)
    {
        var (defaults, options) = (json.Member("fieldConfig").Member("defaults"), json.Member("options"));
        var (custom, position) = (defaults.Member("custom"), json.Member("gridPos"));
        var targets = json.Items("targets").Select(
            target =>
                new TargetModel(
                    target.Text("expr"), target.Text("legendFormat").Replace("__auto", "", StringComparison.Ordinal),
                    target.Flag("instant")));
        return new(
            json.Text("type"), json.Text("title"), new(position.Whole("x"), position.Whole("y"), position.Whole("w"), position.Whole("h")),
            [.. targets])
        {
            Unit = new Unit(defaults.Text("unit"), (int?)defaults.Number("decimals")),
            Minimum = defaults.Number("min"),
            Maximum = defaults.Number("max"),
            NoValue = defaults.Text("noValue") is { Length: > 0 } word ? word : "no data",
            Thresholds = Thresholds.Read(defaults.Member("thresholds")),
            Mappings = defaults.Items("mappings").Where(mapping => mapping.Text("type") == "value").SelectMany(
                mapping => mapping.Member("options").EnumerateObject())
                .ToDictionary(option => option.Name, option => option.Value.Text("text")),
            IsStacked = custom.Member("stacking").Text("mode") is "normal" or "percent",
            Fill = (custom.Number("fillOpacity") ?? 0) / 100,
            ShowsThresholds = custom.Member("thresholdsStyle").Text("mode") is { Length: > 0 } and not "off",
            ColorsBackground = options.Text("colorMode").StartsWith("background", StringComparison.Ordinal),
            ShowsCurve = options.Text("graphMode") == "area",
            ShowsName = options.Text("textMode") == "name",
        };
    }
}
