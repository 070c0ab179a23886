using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Commands in workspaces.</summary>
internal sealed class ExecMetrics(MetricFamilies families)
{
    private static readonly double[] _durationBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600];
    private static readonly double[] _latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
    private static readonly LabelValues _outcomes = new(
        "exited", "signaled", "timed_out", "cancelled", "out_of_memory", "workspace_lost", "not_started");
    private static readonly double[] _waitBuckets = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 25];
    private static readonly LabelValues _queueResults = new("started", "timed_out", "queue_full", "cancelled");
    private static readonly LabelValues _removalReasons = new("workspace_limit", "total_limit", "workspace_removed");
    private static readonly LabelValues _streams = new("stdout", "stderr");

    private readonly CounterRow _ended = families.Counter("mcp_executions_total", "Commands that ended.", "outcome", _outcomes);
    private readonly Gauge _running = families.Gauge("mcp_executions_running", "Commands that run.");
    private readonly HistogramRow _seconds = families.Histogram(
        "mcp_execution_duration_seconds", "Duration of commands in seconds.", _durationBuckets, "outcome", _outcomes);
    private readonly Histogram _startLatency = families.Histogram(
        "mcp_execution_start_latency_seconds", "From the call to the running process, in seconds.", _latencyBuckets);
    private readonly Counter _timeouts = families.Counter(
        "mcp_execution_timeout_total", "Commands that were ended because their time was up.");
    private readonly Counter _unsettled = families.Counter(
        "mcp_execution_unsettled_total", "Starts of commands that were answered as a timeout while it was not known whether they began.");
    private readonly CounterRow _outputBytes = families.Counter(
        "mcp_execution_output_bytes_total", "Bytes of output of commands.", "stream", _streams);
    private readonly CounterRow _droppedBytes = families.Counter(
        "mcp_execution_output_dropped_bytes_total", "Bytes of output beyond what is kept.", "stream", _streams);

    private readonly CounterRow _cpuLifts = families.Counter(
        "mcp_execution_cpu_limit_lifts_total",
        "Times that a workspace's CPU limit was lifted so that processes could end, by what came of it.",
        "result", new LabelValues("ended", "timed_out", "failed"));

    private readonly Gauge _waiting = families.Gauge(
        "mcp_execution_queue_waiting", "Calls that wait for a command of their workspace to end.");
    private readonly HistogramRow _queueSeconds = families.Histogram(
        "mcp_execution_queue_wait_seconds", "Seconds that a call beyond the limit of commands waited, by what came of it.",
        _waitBuckets, "result", _queueResults);

    private readonly Gauge _background = families.Gauge(
        "mcp_executions_background", "Commands that have ended while processes of them still run.");

    private readonly Gauge _outputKept = families.Gauge(
        "mcp_execution_output_kept_bytes", "Bytes of output of ended commands that can still be read.");
    private readonly CounterRow _outputRemoved = families.Counter(
        "mcp_execution_output_removed_total", "Ended commands whose output was removed before its retention, by reason.", "reason",
        _removalReasons);

    /// <param name="result"><c>ended</c>: the processes have; <c>timed_out</c>: they have not; <c>failed</c>: Docker did not
    /// answer.</param>
    public void CpuLimitLifted(string result) => _cpuLifts.Add(result);

    public void OutputKept(long bytes) => _outputKept.Set(bytes);

    /// <param name="reason"><c>workspace_limit</c>, <c>total_limit</c> or <c>workspace_removed</c>.</param>
    /// <param name="commands">How many.</param>
    public void OutputRemoved(string reason, int commands) => _outputRemoved.Add(reason, commands);

    /// <summary>A command has ended, and processes of it still run.</summary>
    public void EnteredBackground() => _background.Inc();

    public void LeftBackground() => _background.Dec();

    public void EnteredQueue() => _waiting.Inc();

    /// <param name="result"><c>started</c>, <c>timed_out</c> or <c>cancelled</c>.</param>
    public void LeftQueue(string result, TimeSpan waited)
    {
        _waiting.Dec();
        _queueSeconds.Observe(result, waited);
    }

    /// <summary>A call that did not wait at all.</summary>
    /// <param name="result"><c>queue_full</c>, or <c>timed_out</c> for a call that may not wait.</param>
    public void QueueRejected(string result) => _queueSeconds.Observe(result, TimeSpan.Zero);

    public void Started(TimeSpan latency)
    {
        _running.Inc();
        _startLatency.Observe(latency.TotalSeconds);
    }

    /// <summary>Its start was answered as a timeout. It counts as running until its agent reports whether it began.</summary>
    public void Doubted()
    {
        _running.Inc();
        _unsettled.Inc();
    }

    /// <summary>It was running when this server started, and still is.</summary>
    public void Adopted() => _running.Inc();

    /// <param name="outcome">An execution outcome in snake_case.</param>
    public void Ended(string outcome, TimeSpan duration)
    {
        _running.Dec();
        _ended.Add(outcome);
        _seconds.Observe(outcome, duration);
        if (outcome == "timed_out")
            _timeouts.Inc();
    }

    /// <param name="stream"><c>stdout</c> or <c>stderr</c>.</param>
    public void OutputReceived(string stream, long bytes) => _outputBytes.Add(stream, bytes);

    /// <inheritdoc cref="OutputReceived"/>
    public void OutputDropped(string stream, long bytes) => _droppedBytes.Add(stream, bytes);
}
