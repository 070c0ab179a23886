using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// Reconciliation of database and Docker, and garbage collection. In the steady state both find nothing.
/// </summary>
internal sealed class SweepMetrics(MetricFamilies families)
{
    private static readonly double[] _buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
    private static readonly LabelValues _results = LabelValues.Results;
    private static readonly LabelValues _drift = new(
        "spawn_undone", "resume_undone", "removal_finished", "row_removed", "marked_stopped", "adopted", "removed", "helper_removed",
        "kept_found", "kept_lost", "cpu_limit_restored", "left_alone");
    private static readonly LabelValues _garbage = new("removed", "postponed", "volume_removed", "agent_volume_removed", "image_removed",
        "keys_purged", "left_alone");

    private readonly CounterRow _reconciles = families.Counter(
        "mcp_reconcile_runs_total", "Reconciliations of database and Docker, by result.", "result", _results);
    private readonly Histogram _reconcileSeconds = families.Histogram(
        "mcp_reconcile_duration_seconds", "Duration of reconciliations, in seconds.", _buckets);
    private readonly CounterRow _found = families.Counter(
        "mcp_reconcile_drift_total", "Differences found between database and Docker, by kind.", "kind", _drift);
    private readonly CounterRow _healed = families.Counter(
        "mcp_reconcile_healed_total", "Differences between database and Docker that were repaired, by kind.", "kind", _drift);
    private readonly Gauge _reconciledAt = families.Gauge(
        "mcp_reconcile_last_success_timestamp_seconds", "Time of the last successful reconciliation, in seconds since 1970; 0 for never.");
    private readonly CounterRow _collections = families.Counter(
        "mcp_gc_runs_total", "Garbage collections, by result.", "result", _results);
    private readonly Histogram _collectionSeconds = families.Histogram(
        "mcp_gc_duration_seconds", "Duration of garbage collections, in seconds.", _buckets);
    private readonly CounterRow _collected = families.Counter(
        "mcp_gc_collected_total", "Things that garbage collection removed or left, by kind.", "kind", _garbage);
    private readonly Gauge _collectedAt = families.Gauge(
        "mcp_gc_last_success_timestamp_seconds", "Time of the last successful garbage collection, in seconds since 1970; 0 for never.");

    /// <param name="result"><c>success</c> or the name of a <see cref="ErrorCode"/>.</param>
    /// <param name="finishedAt">When it ended.</param>
    /// <param name="kinds">What was found, one word each.</param>
    public void Reconciled(string result, DateTimeOffset finishedAt, TimeSpan duration, IEnumerable<string> kinds)
    {
        _reconciles.Add(result);
        _reconcileSeconds.Observe(duration.TotalSeconds);
        foreach (var kind in kinds)
        {
            _found.Add(kind);
            if (kind != "left_alone")
                _healed.Add(kind);
        }
        if (result == "success")
            _reconciledAt.Set(finishedAt.ToUnixTimeMilliseconds() / 1000.0);
    }

    /// <inheritdoc cref="Reconciled"/>
    public void Collected(string result, DateTimeOffset finishedAt, TimeSpan duration, IEnumerable<string> kinds)
    {
        _collections.Add(result);
        _collectionSeconds.Observe(duration.TotalSeconds);
        foreach (var kind in kinds)
            _collected.Add(kind);
        if (result == "success")
            _collectedAt.Set(finishedAt.ToUnixTimeMilliseconds() / 1000.0);
    }
}
