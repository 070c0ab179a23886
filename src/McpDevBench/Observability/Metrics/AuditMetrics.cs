using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>The audit log.</summary>
internal sealed class AuditMetrics(MetricFamilies families, LabelValues events)
{
    private static readonly double[] _buckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1];

    private readonly CounterRow _records = families.Counter(
        "mcp_audit_records_total", "Audit records written.", "event_type", events);
    private readonly Gauge _queue = families.Gauge("mcp_audit_queue_depth", "Audit records waiting to be written.");
    private readonly Histogram _writeSeconds = families.Histogram(
        "mcp_audit_write_duration_seconds", "Time from queueing an audit record to its commit, in seconds.", _buckets);
    private readonly Counter _dropped = families.Counter(
        "mcp_audit_dropped_total", "Audit records lost because they could not be written.");
    private readonly Gauge _sequence = families.Gauge("mcp_audit_last_sequence", "Sequence number of the newest audit record.");

    public void Queued(int depth) => _queue.Set(depth);

    /// <param name="eventType">Such as <c>container.spawn</c>.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="duration">From queueing to commit.</param>
    public void Written(string eventType, long sequence, TimeSpan duration)
    {
        _records.Add(eventType);
        _sequence.IncTo(sequence);
        _writeSeconds.Observe(duration.TotalSeconds);
    }

    public void Dropped() => _dropped.Inc();
}
