using System.Text.RegularExpressions;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>How a series is called in a legend.</summary>
internal static partial class LegendFormat
{
    private const string MetricName = "__name__";

    /// <param name="format">Text with labels in double braces; empty: the metric and all its labels.</param>
    public static string Name(string format, IReadOnlyDictionary<string, string> labels)
    {
        if (format.Length > 0)
            return LabelInBraces().Replace(format, label => labels.GetValueOrDefault(label.Groups[1].Value, ""));
        var others = labels.Where(label => label.Key != MetricName).Select(label => $"{label.Key}=\"{label.Value}\"").ToList();
        var name = labels.GetValueOrDefault(MetricName, "");
        return others.Count > 0 ? $"{name}{{{string.Join(", ", others)}}}" : name;
    }

    [GeneratedRegex(@"\{\{\s*(\w+)\s*\}\}")]
    private static partial Regex LabelInBraces();
}
