using System.ComponentModel;
using System.Text;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Mcp;

internal sealed record MetricsArguments(
    [Description(
        "Only metrics whose name begins with this, such as mcp_exec. "
            + "With a prefix the answer also has HELP and TYPE lines and series at 0.")] string? Prefix = null,
    [Description("Also list histogram buckets.")] bool Buckets = false);

/// <param name="Text">Lines of the Prometheus text format.</param>
internal sealed record MetricsResult(string Text, TruncatedResult? Truncated = null);

internal sealed class MetricsTool(MetricCatalogue metrics)
    : TypedTool<MetricsArguments, MetricsResult>(Facts, McpJson.Default.MetricsArguments, McpJson.Default.MetricsResult), ITool
{
    private const string OwnMetrics = "mcp_", WorkspaceMetrics = "container_";

    public static ToolFacts Facts { get; } = ToolFacts.Reads("metrics", "Metrics of the server",
        "Returns the server's metrics in the Prometheus text format, at most 16 KB. "
            + "Without prefix: the values of mcp_ and container_ metrics that are not 0.");

    protected override async Task<MetricsResult> CallAsync(MetricsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var text = await metrics.ExportAsync(cancellationToken);
        var wanted = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => IsWanted(line, arguments)).ToList();
        var shown = AnswerBudget.Take(wanted, line => line);
        var leftOut = wanted.Skip(shown.Count).Sum(line => Encoding.UTF8.GetByteCount(line) + 1);
        return new(
            string.Join('\n', shown),
            leftOut == 0
                ? null
                : new(leftOut, "Pass a longer prefix, such as mcp_api or mcp_fs; Prometheus gets everything from the metrics port."));
    }

    protected override string Render(MetricsResult result) => result.Truncated is { } truncated
        ? Words.Invariant($"{result.Text}\n[{truncated.Bytes} bytes left out. {truncated.Hint}]")
        : result.Text;

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
