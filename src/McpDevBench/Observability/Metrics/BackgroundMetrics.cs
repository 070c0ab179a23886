namespace McpDevBench.Observability.Metrics;

/// <summary>Tasks that run beside the calls.</summary>
internal sealed class BackgroundMetrics(MetricFamilies families)
{
    public const string StateLease = "state_lease", StateDisk = "state_disk", Reconcile = "reconcile", Collect = "gc", Resume = "resume",
        CheckEngine = "engine_check", Shutdown = "shutdown", ForgetExecs = "exec_retention", LimitOutput = "output_retention",
        PruneAudit = "audit_retention", CountUserIds = "user_ids";

    public static LabelValues Tasks { get; } = new(
        StateLease, StateDisk, Reconcile, Collect, Resume, CheckEngine, Shutdown, ForgetExecs, LimitOutput, PruneAudit, CountUserIds);

    private readonly CounterRow _failures = families.Counter(
        "mcp_background_failures_total", "Failed rounds of background tasks. Each is tried again.", "task", Tasks);

    public void Failed(string task) => _failures.Add(task);
}
