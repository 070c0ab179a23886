using System.ComponentModel;
using System.Text;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Mcp;

internal sealed record MetricsArguments(
    [Description(
        "Only metrics whose name begins with this, such as mcp_exec; then with HELP, TYPE and series at 0.")] string? Prefix = null,
    [Description("Also list histogram buckets.")] bool Buckets = false);

/// <param name="Text">Lines of the Prometheus text format.</param>
/// <param name="Hint">Why there is nothing.</param>
internal sealed record MetricsResult(string Text, TruncatedResult? Truncated = null, string? Hint = null);

internal sealed class MetricsTool(MetricCatalogue metrics)
    : TypedTool<MetricsArguments, MetricsResult>(Facts, McpJson.Default.MetricsArguments, McpJson.Default.MetricsResult), ITool
{
    private const string OwnMetrics = "mcp_", WorkspaceMetrics = "container_";

    public static ToolFacts Facts { get; } = ToolFacts.Reads("metrics", "Metrics",
        "Returns the server's metrics in the Prometheus text format. "
            + "Without prefix: the values of mcp_ and container_ metrics that are not 0.");

    protected override async Task<MetricsResult> CallAsync(MetricsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var text = await metrics.ExportAsync(cancellationToken);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var wanted = lines.Where(line => IsWanted(line, arguments)).ToList();
        if (wanted.Count == 0)
            return new("", Hint: arguments.Prefix is { } prefix ? WhyNone(prefix, lines) : "All of them are 0.");
        var shown = AnswerBudget.Take(wanted, line => line, line => JsonSize.Of(line));
        var leftOut = wanted.Skip(shown.Count).Sum(line => Encoding.UTF8.GetByteCount(line) + 1);
        return new(
            string.Join('\n', shown),
            leftOut == 0
                ? null
                : new(leftOut, "Pass a longer prefix, such as mcp_api or mcp_fs; Prometheus gets everything from the metrics port."));
    }

    protected override string Render(MetricsResult result) => result switch
    {
        { Hint: { } hint } => hint,
        { Truncated: { } truncated } => $"{result.Text}\n[{Plural.Of(truncated.Bytes, "byte")} left out. {truncated.Hint}]",
        _ => result.Text,
    };

    private static string WhyNone(string prefix, string[] lines)
    {
        const string type = "# TYPE ";
        if (lines.Any(line => line.StartsWith(prefix, StringComparison.Ordinal)))
            return $"Only histogram buckets begin with '{prefix}': pass buckets=true.";
        var names = lines.Where(line => line.StartsWith(type, StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        var families = names.Select(FamilyOf).Distinct().ToList();
        var within = names.Where(name => name.Contains(prefix, StringComparison.OrdinalIgnoreCase)).Take(5).ToList();
        var nearest = within.Count > 0 ? string.Join(", ", within) : Nearest.To(prefix, families.Concat(names));
        var meant = nearest is null ? "" : $" Did you mean {nearest}?";
        return $"No metric begins with '{prefix}'.{meant} Names begin with {string.Join(", ", families)}.";
    }

    /// <summary>The first two words: <c>mcp_exec</c>.</summary>
    private static string FamilyOf(string name) => string.Join('_', name.Split('_').Take(2));

    private static bool IsWanted(string line, MetricsArguments arguments)
    {
        var isComment = line.StartsWith('#');
        if (!isComment && !arguments.Buckets && line.Contains("_bucket{", StringComparison.Ordinal))
            return false;
        if (arguments.Prefix is not { } prefix)
        {
            // Most series are there from the start, so that rates begin at 0: a reader learns nothing from them.
            var isOurs = line.StartsWith(OwnMetrics, StringComparison.Ordinal)
                || line.StartsWith(WorkspaceMetrics, StringComparison.Ordinal);
            return !isComment && isOurs && !line.EndsWith(" 0", StringComparison.Ordinal);
        }
        var isAbout = line.StartsWith("# HELP ", StringComparison.Ordinal) || line.StartsWith("# TYPE ", StringComparison.Ordinal);
        return (isAbout ? line.AsSpan(7) : line).StartsWith(prefix, StringComparison.Ordinal);
    }
}
