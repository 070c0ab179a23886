using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Health;

namespace McpDevBench.Mcp;

internal sealed record NoArguments;

internal sealed record CheckResult(string Name, bool Ok, string Detail);

internal sealed record LimitUsageResult(string Name, double Used, double? Limit = null);

/// <summary>What <c>spawn</c> may ask for on this server.</summary>
/// <param name="AllowedImages">Patterns; <c>*</c> allows every image of the allowed registries.</param>
internal sealed record SpawnChoices(
    string DefaultImage, IReadOnlyList<string> AllowedRegistries, IReadOnlyList<string> AllowedImages, IReadOnlyList<string> Networks,
    int DefaultMemoryMb, int MaxMemoryMb,
    double DefaultCpus, double MaxCpus)
{
    public static SpawnChoices Of(WorkspaceOptions options) => new(
        options.DefaultImage, options.AllowedRegistries, options.AllowedImages, options.AllowNetwork ? ["none", "bridge"] : ["none"],
        options.Limits.MemoryMb, options.MaxLimits.MemoryMb,
        options.Limits.Cpus, options.MaxLimits.Cpus);

    public string Render() => Words.Invariant(
        $"{(ToolNames.Whole("spawn").Length > 0 ? "spawn may ask for" : "Workspaces may have")}: "
            + $"images {string.Join(", ", AllowedImages)} of {string.Join(", ", AllowedRegistries)} (default {DefaultImage}); "
            + $"network {string.Join(" or ", Networks)}; memory_mb up to {MaxMemoryMb} (default {DefaultMemoryMb}); "
            + $"cpus up to {MaxCpus} (default {DefaultCpus})");
}

/// <summary>The caller's workspaces that hold more than their disk limit.</summary>
/// <param name="ContainerIds">At most <see cref="MaxNamed"/> of them.</param>
internal sealed record OverDiskLimitResult(int Count, IReadOnlyList<string> ContainerIds)
{
    private const int MaxNamed = 50;

    /// <returns>Null: there is none.</returns>
    public static OverDiskLimitResult? Of(IReadOnlyList<Workspace> workspaces) => workspaces.Count == 0
        ? null
        : new(workspaces.Count, [.. workspaces.Take(MaxNamed).Select(workspace => workspace.Id.ToString())]);

    public string Render() =>
        $"{Plural.Of(Count, "workspace")} over the disk limit: {string.Join(", ", ContainerIds)}"
            + (Count > ContainerIds.Count ? $" and {Count - ContainerIds.Count} more" : "");
}

internal sealed record SystemStatusResult(
    bool Ready, string Version, long UptimeS, string StartedAt, bool Draining, IReadOnlyList<CheckResult> Checks,
    IReadOnlyList<LimitUsageResult> Limits, SpawnChoices Spawn, OverDiskLimitResult? OverDiskLimit = null);

internal sealed class SystemStatusTool(StatusReporter reporter, WorkspaceOptions options, WorkspaceList workspaces)
    : TypedTool<NoArguments, SystemStatusResult>(Facts, McpJson.Default.NoArguments, McpJson.Default.SystemStatusResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("system_status", "Server status",
        "Reports the server's health, its limits and their usage, and what spawn accepts.");

    protected override async Task<SystemStatusResult> CallAsync(NoArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var report = await reporter.ReportAsync();
        return new(report.Ready, report.Version, (long)report.Uptime.TotalSeconds, Words.Time(report.StartedAt), report.Draining,
            [.. report.Checks.Select(check => new CheckResult(check.Name, check.Ok, check.Detail))],
            [.. report.Usages.Select(usage => new LimitUsageResult(usage.Name, usage.Used, usage.Limit))],
            SpawnChoices.Of(options), OverDiskLimitResult.Of(workspaces.OverDiskLimit(call.Caller)));
    }

    protected override string Render(SystemStatusResult result)
    {
        var checks = result.Checks.Select(check => $"{(check.Ok ? "ok" : "FAILING")} {check.Name}: {check.Detail}");
        var limits = result.Limits.Select(
            usage => Words.Invariant($"{usage.Name}: {usage.Used}{(usage.Limit is { } limit ? Words.Invariant($" of {limit}") : "")}"));
        var over = result.OverDiskLimit is { } disk ? new[] { disk.Render() } : [];
        var state = $"{(result.Ready ? "Ready" : "Not ready")}{(result.Draining ? ", draining" : "")}";
        return Words.Invariant(
            $"{state}; version {result.Version}, "
                + $"up {result.UptimeS} s\n{string.Join('\n', [.. checks, .. limits, .. over, result.Spawn.Render()])}");
    }
}

internal sealed record SweepArguments([Description("Report what would be done.")] bool DryRun = false);

internal sealed record SweepActionResult(string Kind, string Subject, string Reason);

/// <param name="LeftOut">Actions beyond those that are listed; the audit record and the log count all of them.</param>
internal sealed record SweepResult(bool DryRun, int Inspected, IReadOnlyList<SweepActionResult> Actions, int? LeftOut = null)
{
    private const int MaxActions = 50;

    /// <summary>What was done comes before what was left alone, which can be much, and another server's last.</summary>
    public static SweepResult Of(Sweep sweep) => new(
        sweep.DryRun, sweep.Inspected,
        [.. sweep.Actions.OrderBy(action => action.Kind == "left_alone").ThenBy(action => action.Reason == SweepAction.Foreign)
            .Take(MaxActions)
            .Select(action => new SweepActionResult(action.Kind, action.Subject, action.Reason))],
        sweep.Actions.Count > MaxActions ? sweep.Actions.Count - MaxActions : null);

    public string Render()
    {
        if (Actions.Count == 0)
            return Words.Invariant($"{Inspected} inspected; nothing to do.");
        var lines = string.Join('\n', Actions.Select(action => $"{action.Kind} {action.Subject}: {action.Reason}"));
        var more = LeftOut is { } count ? $"\n{Plural.Of(count, "more action is", "more actions are")} not listed." : "";
        return Words.Invariant($"{Inspected} inspected; {(DryRun ? "would be done" : "done")}:\n{lines}{more}");
    }
}

internal sealed class ReconcileTool(Reconciler reconciler)
    : TypedTool<SweepArguments, SweepResult>(Facts, McpJson.Default.SweepArguments, McpJson.Default.SweepResult), ITool
{
    public static ToolFacts Facts { get; } = new("reconcile", "Reconcile with Docker",
        "Corrects differences between Docker and the server's state. Also runs by itself.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false,
        AuditEvents.SystemReconcile) { Timeout = TimeSpan.FromSeconds(50) };

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
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false,
        AuditEvents.SystemGc) { Timeout = TimeSpan.FromSeconds(50) };

    protected override string? TargetOf(SweepArguments arguments) => Words.Rehearsal(arguments.DryRun, null);

    protected override async Task<SweepResult> CallAsync(SweepArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        SweepResult.Of(await janitor.RunAsync(arguments.DryRun, cancellationToken));

    protected override string Render(SweepResult result) => result.Render();
}
