using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Containers;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Mcp;

internal sealed record NoArguments;

internal sealed record CheckResult(string Name, bool Ok, string Detail);

internal sealed record LimitUsageResult(string Name, double Used, double? Limit = null);

internal sealed record SystemStatusResult(bool Ready, string Version, long UptimeS, string StartedAt, bool Draining, IReadOnlyList<CheckResult> Checks, IReadOnlyList<LimitUsageResult> Limits);

internal sealed class SystemStatusTool(StatusReporter reporter)
    : TypedTool<NoArguments, SystemStatusResult>(Facts, McpJson.Default.NoArguments, McpJson.Default.SystemStatusResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("system_status", "Status of the server",
        "Reports what of the server works, and how much of its limits is used. Call it when other tools fail.");

    protected override async Task<SystemStatusResult> CallAsync(NoArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var report = await reporter.ReportAsync();
        return new(report.Ready, report.Version, (long)report.Uptime.TotalSeconds, Words.Time(report.StartedAt), report.Draining,
            [.. report.Checks.Select(check => new CheckResult(check.Name, check.Ok, check.Detail))],
            [.. report.Usages.Select(usage => new LimitUsageResult(usage.Name, usage.Used, usage.Limit))]);
    }

    protected override string Render(SystemStatusResult result)
    {
        var lines = result.Checks.Select(check => $"{(check.Ok ? "ok" : "FAILING")} {check.Name}: {check.Detail}")
            .Concat(result.Limits.Select(usage => Words.Invariant($"{usage.Name}: {usage.Used} of {(usage.Limit is { } limit ? Words.Invariant($"{limit}") : "no limit")}")));
        return Words.Invariant($"{(result.Ready ? "Ready" : "Not ready")}; version {result.Version}, up {result.UptimeS} s{(result.Draining ? ", draining" : "")}\n{string.Join('\n', lines)}");
    }
}

internal sealed record MetricsArguments(
    [Description("Only metrics whose name begins so.")] string? Prefix = null,
    [Description("Also list histogram buckets.")] bool Buckets = false);

internal sealed record MetricsResult(string Text);

internal sealed class MetricsTool(MetricCatalogue metrics)
    : TypedTool<MetricsArguments, MetricsResult>(Facts, McpJson.Default.MetricsArguments, McpJson.Default.MetricsResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("metrics", "Metrics of the server", "Returns the server's metrics in the Prometheus text format. Series at 0 are left out unless prefix is given.");

    protected override async Task<MetricsResult> CallAsync(MetricsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var text = await metrics.ExportAsync(cancellationToken);
        return new(string.Join('\n', text.Split('\n').Where(line => IsWanted(line, arguments))));
    }

    protected override string Render(MetricsResult result) => result.Text;

    private static bool IsWanted(string line, MetricsArguments arguments)
    {
        var isSeries = !line.StartsWith('#');
        if (isSeries && !arguments.Buckets && line.Contains("_bucket{", StringComparison.Ordinal))
            return false;
        // Most are there from the start for the sake of rates, and say nothing to a reader.
        if (isSeries && arguments.Prefix is null && line.EndsWith(" 0", StringComparison.Ordinal))
            return false;
        var name = line.StartsWith("# HELP ", StringComparison.Ordinal) || line.StartsWith("# TYPE ", StringComparison.Ordinal) ? line.AsSpan(7) : line;
        return arguments.Prefix is null || name.StartsWith(arguments.Prefix, StringComparison.Ordinal);
    }
}

internal sealed record SweepArguments([Description("Report what would be done.")] bool DryRun = false);

internal sealed record SweepActionResult(string Kind, string Subject, string Reason);

internal sealed record SweepResult(bool DryRun, int Inspected, IReadOnlyList<SweepActionResult> Actions)
{
    public static SweepResult Of(Sweep sweep) =>
        new(sweep.DryRun, sweep.Inspected, [.. sweep.Actions.Select(action => new SweepActionResult(action.Kind, action.Subject, action.Reason))]);

    public string Render() => Actions.Count == 0
        ? Words.Invariant($"{Inspected} inspected; nothing to do.")
        : Words.Invariant($"{Inspected} inspected; {(DryRun ? "would be done" : "done")}:\n{string.Join('\n', Actions.Select(action => $"{action.Kind} {action.Subject}: {action.Reason}"))}");
}

internal sealed class ReconcileTool(Reconciler reconciler)
    : TypedTool<SweepArguments, SweepResult>(Facts, McpJson.Default.SweepArguments, McpJson.Default.SweepResult), ITool
{
    public static ToolFacts Facts { get; } = new("reconcile", "Reconcile with Docker",
        "Corrects differences between Docker and the server's state. Also runs by itself.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.SystemReconcile);

    protected override string? TargetOf(SweepArguments arguments) => Words.Rehearsal(arguments.DryRun, null);

    protected override async Task<SweepResult> CallAsync(SweepArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        SweepResult.Of(await reconciler.RunAsync(arguments.DryRun, cancellationToken));

    protected override string Render(SweepResult result) => result.Render();
}

internal sealed class GarbageCollectTool(Janitor janitor)
    : TypedTool<SweepArguments, SweepResult>(Facts, McpJson.Default.SweepArguments, McpJson.Default.SweepResult), ITool
{
    public static ToolFacts Facts { get; } = new("garbage_collect", "Collect garbage",
        "Removes expired and orphaned workspaces. Also runs by itself.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.SystemGc);

    protected override string? TargetOf(SweepArguments arguments) => Words.Rehearsal(arguments.DryRun, null);

    protected override async Task<SweepResult> CallAsync(SweepArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        SweepResult.Of(await janitor.RunAsync(arguments.DryRun, cancellationToken));

    protected override string Render(SweepResult result) => result.Render();
}
