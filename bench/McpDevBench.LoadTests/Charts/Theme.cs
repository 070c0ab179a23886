namespace McpDevBench.LoadTests.Charts;

/// <summary>Colours, as CSS writes them.</summary>
internal sealed record Theme(
    string Background, string Panel, string Border, string Text, string Muted, string Grid, IReadOnlyList<string> Palette)
{
    /// <summary>Good, doubtful, bad: thresholds and verdicts.</summary>
    public string Good => Palette[0];

    public string Doubtful => Palette[1];

    public string Bad => Palette[3];

    /// <summary>For reports that are read on white paper.</summary>
    public static Theme Light { get; } = new("#ffffff", "#ffffff", "#d0d7de", "#1f2328", "#656d76", "#e6e9ed",
        ["#2da44e", "#bf8700", "#0969da", "#cf222e", "#8250df", "#1b7c83", "#bc4c00", "#6e7781", "#bf3989", "#4d2d00"]);

    /// <summary>For dashboards, which hang in dark rooms.</summary>
    public static Theme Dark { get; } = new("#111217", "#181b1f", "#2c3038", "#d8d9da", "#8e9199", "#2b2f36",
        ["#73bf69", "#f2cc0c", "#5794f2", "#f2495c", "#b877d9", "#37d3c7", "#ff9830", "#9fa7b3", "#ff7eb6", "#c8f2c2"]);

    /// <summary>A colour by its number, or by the name that Grafana has for it.</summary>
    public string Color(int number) => Palette[number % Palette.Count];

    /// <inheritdoc cref="Color(int)"/>
    public string Color(string name) => name switch
    {
        _ when name.StartsWith('#') || name.StartsWith("rgb", StringComparison.Ordinal) => name,
        _ when name.EndsWith("green", StringComparison.Ordinal) => Palette[0],
        _ when name.EndsWith("yellow", StringComparison.Ordinal) => Palette[1],
        _ when name.EndsWith("blue", StringComparison.Ordinal) => Palette[2],
        _ when name.EndsWith("red", StringComparison.Ordinal) => Palette[3],
        _ when name.EndsWith("purple", StringComparison.Ordinal) => Palette[4],
        _ when name.EndsWith("orange", StringComparison.Ordinal) => Palette[6],
        "transparent" => "none",
        _ => Text,
    };
}
