using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>Expressions as operators write them, tried on a real Prometheus.</summary>
internal static partial class Promql
{
    /// <summary>What gives nothing, and why that is right. Whatever else gives nothing is a mistake.</summary>
    private static readonly (string Pattern, string Reason)[] _deliberatelyEmpty =
    [
        (@"^histogram_quantile\(0.95, mcp_execution_duration_seconds\)$", "the guide leaves out rate() and _bucket, so there is no such series; the shipped rules have both"),
        (@"\boffset \d+[hd]\b", "compares with yesterday, which this server has not seen"),
        (@"^absent\(", "gives something only where something is missing"),
    ];

    /// <returns>What it gives: <c>data</c>, or why it gives nothing. Null: nothing where there should be something, or the other way round.</returns>
    public static async Task<string?> Outcome(PrometheusServer prometheus, string expression)
    {
        var reason = default(string);
        foreach (var operand in Operands(expression))
        {
            var series = await prometheus.Query(operand);
            var (pattern, why) = _deliberatelyEmpty.FirstOrDefault(entry => Regex.IsMatch(operand, entry.Pattern));
            if (pattern is null != series.Count > 0)
                return null;
            reason ??= why;
        }
        return reason is null ? "data" : $"empty on purpose: {reason}";
    }

    /// <summary>
    /// The parts that <c>and</c>, <c>or</c> and <c>unless</c> join, every comparison made to answer 0 or 1: an alert that does not fire gives nothing, and so would one that is about nothing.
    /// </summary>
    public static IEnumerable<string> Operands(string expression)
    {
        var flat = Space().Replace(expression, " ").Trim();
        var (start, depth) = (0, 0);
        foreach (Match token in Token().Matches(flat))
        {
            depth += token.Value switch { "(" => 1, ")" => -1, _ => 0 };
            if (depth > 0 || !token.Groups[1].Success)
                continue;
            yield return WithoutThresholds(flat[start..token.Index]);
            start = token.Index + token.Length;
        }
        yield return WithoutThresholds(flat[start..]);
    }

    private static string WithoutThresholds(string operand) =>
        Comparison().Replace(Matching().Replace(operand.Trim(), ""), match => match.Groups[1].Success ? $"{match.Groups[1].Value} bool " : match.Value).Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"""[^""]*""|'[^']*'|\{[^}]*\}|[()]|\b(and|or|unless)\b")]
    private static partial Regex Token();

    /// <summary>What the operator before it goes by.</summary>
    [GeneratedRegex(@"^(on|ignoring) ?\([^)]*\)")]
    private static partial Regex Matching();

    // What is in quotes, in braces or behind a comparison that has it already, stays.
    [GeneratedRegex(@"""[^""]*""|'[^']*'|\{[^}]*\}|(>=|<=|==|!=|>|<)(?!\s*bool)\s*")]
    private static partial Regex Comparison();
}
