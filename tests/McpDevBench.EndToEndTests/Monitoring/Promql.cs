using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>Expressions as operators write them, tried on a real Prometheus.</summary>
internal static partial class Promql
{
    /// <summary>What gives nothing, and why that is right. Whatever else gives nothing is a mistake.</summary>
    private static readonly (string Pattern, string Reason)[] _deliberatelyEmpty =
    [
        (
            @"^histogram_quantile\(0.95, mcp_execution_duration_seconds\)$",
            "the guide leaves out rate() and _bucket, so there is no such series; the shipped rules have both"),
        (@"\bmcp_warm_pool_(claim|refill)_duration_seconds_bucket\b", "there is no warm pool yet, so nothing is claimed or refilled"),
        (@"\boffset \d+[hd]\b", "compares with yesterday, which this server has not seen"),
        (@"^absent\(", "gives something only where something is missing"),
    ];

    /// <summary>What a panel or a recording rule asks, as it is.</summary>
    /// <returns>What it gives: <c>data</c>, or why it gives nothing. Null: nothing where there should be something, or the other way
    /// round.</returns>
    public static Task<string?> Outcome(PrometheusServer prometheus, string expression) => OutcomeOf(prometheus, [Flat(expression)]);

    /// <summary>What an alert is about, whether or not it fires.</summary>
    /// <returns>The same.</returns>
    public static Task<string?> OutcomeOfAlert(PrometheusServer prometheus, string expression) =>
        OutcomeOf(prometheus, Operands(expression));

    /// <summary>
    /// The parts of an alert that <c>and</c>, <c>or</c> and <c>unless</c> join, every comparison made a difference: an alert that does not
    /// fire gives nothing, and so would one that is about nothing.
    /// </summary>
    public static IEnumerable<string> Operands(string expression)
    {
        var flat = Flat(expression);
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

    private static async Task<string?> OutcomeOf(PrometheusServer prometheus, IEnumerable<string> asked)
    {
        var reason = default(string);
        foreach (var query in asked)
        {
            var isData = (await prometheus.Query(query)).Any(HasNumber);
            var (pattern, why) = _deliberatelyEmpty.FirstOrDefault(entry => Regex.IsMatch(query, entry.Pattern));
            if (pattern is null != isData)
                return null;
            reason ??= why;
        }
        return reason is null ? "data" : $"empty on purpose: {reason}";
    }

    /// <summary>A quantile of nothing is NaN: a series, and no data.</summary>
    private static bool HasNumber(JsonElement series) =>
        (series.ValueKind == JsonValueKind.Array ? series : series.GetProperty("value"))[1].GetString() != "NaN";

    private static string Flat(string expression) => Space().Replace(expression, " ").Trim();

    private static string WithoutThresholds(string operand) =>
        Comparison().Replace(Matching().Replace(operand.Trim(), ""), match => match.Groups[1].Success ? "- " : match.Value).Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"""[^""]*""|'[^']*'|\{[^}]*\}|[()]|\b(and|or|unless)\b")]
    private static partial Regex Token();

    /// <summary>What the operator before it goes by.</summary>
    [GeneratedRegex(@"^(on|ignoring) ?\([^)]*\)")]
    private static partial Regex Matching();

    // What is in quotes or in braces stays, and a comparison that answers 0 or 1.
    [GeneratedRegex(@"""[^""]*""|'[^']*'|\{[^}]*\}|(>=|<=|==|!=|>|<)(?!\s*bool)\s*")]
    private static partial Regex Comparison();
}
