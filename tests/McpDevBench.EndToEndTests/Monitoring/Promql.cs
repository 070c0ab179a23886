using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>Expressions as operators write them, tried on a real Prometheus.</summary>
internal static partial class Promql
{
    /// <summary>Expressions that give nothing, and why that is right. Whatever else gives nothing is a mistake.</summary>
    private static readonly Dictionary<string, string> _deliberatelyEmpty = new()
    {
        ["histogram_quantile(0.95, mcp_execution_duration_seconds)"] = "the guide leaves out rate() and _bucket, so there is no such series; the shipped rules have both",
    };

    /// <returns>What it gives: <c>data</c>, or why it gives nothing. Null: nothing, and it should.</returns>
    public static async Task<string?> Outcome(PrometheusServer prometheus, string expression)
    {
        var series = await prometheus.Query(WithoutThresholds(expression));
        if (_deliberatelyEmpty.TryGetValue(expression, out var reason))
            return series.Count == 0 ? $"empty on purpose: {reason}" : null;
        return series.Count > 0 ? "data" : null;
    }

    /// <summary>With every comparison answering 0 or 1: an alert that does not fire gives nothing, and so would one that is about nothing.</summary>
    public static string WithoutThresholds(string expression) => Comparison().Replace(expression, match => match.Groups[1].Success ? $"{match.Groups[1].Value} bool " : match.Value);

    // What is in quotes, in braces or behind a comparison that has it already, stays.
    [GeneratedRegex(@"""[^""]*""|'[^']*'|\{[^}]*\}|(>=|<=|==|!=|>|<)(?!\s*bool)\s*")]
    private static partial Regex Comparison();
}
