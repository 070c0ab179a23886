using System.Collections.Concurrent;
using System.Text;
using Prometheus;

namespace McpDevBench.Observability;

/// <summary>
/// The metric catalogue, as verbs: a room says what happened, not which series it is. No label takes a value that a client chooses freely. The registry is
/// the server's own, so nothing appears in it that is not written here.
/// </summary>
internal sealed class Metrics
{
    private static readonly double[] _spawnBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] _phaseBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600];
    private static readonly double[] _executionBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600];
    private static readonly double[] _latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
    private static readonly double[] _fileBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10];
    private static readonly double[] _requestBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly ConcurrentDictionary<string, (Counter.Child Count, Histogram.Child Seconds)> _requests = new();

    private readonly Counter _apiRequests;
    private readonly Histogram _apiSeconds;
    private readonly Counter _apiErrors;
    private readonly Gauge _containers;
    private readonly Gauge _containersRunning;
    private readonly Gauge _containersStopped;
    private readonly Counter _spawns;
    private readonly Histogram _spawnSeconds;
    private readonly Histogram _spawnPhaseSeconds;
    private readonly Counter _executions;
    private readonly Gauge _executionsRunning;
    private readonly Histogram _executionSeconds;
    private readonly Histogram _executionStartLatency;
    private readonly Counter _executionTimeouts;
    private readonly Counter _outputBytes;
    private readonly Counter _outputDroppedBytes;
    private readonly Counter _fileOperations;
    private readonly Counter _fileReadBytes;
    private readonly Counter _fileWriteBytes;
    private readonly Histogram _fileSeconds;

    public Metrics(TimeProvider time)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(_registry);
        _apiRequests = create.CreateCounter("mcp_api_requests_total", "Requests by tool, or by method of the protocol.", "method");
        _apiSeconds = Histogram(create, "mcp_api_request_duration_seconds", "Duration of requests.", _requestBuckets, "method");
        _apiErrors = create.CreateCounter("mcp_api_errors_total", "Requests that were refused or failed.", "method", "error_type");
        _containers = create.CreateGauge("mcp_containers_total", "Managed containers.");
        _containersRunning = create.CreateGauge("mcp_containers_running", "Managed containers that run.");
        _containersStopped = create.CreateGauge("mcp_containers_stopped", "Managed containers that are stopped.");
        _spawns = create.CreateCounter("mcp_container_spawns_total", "Workspaces asked for.", "path", "result");
        _spawnSeconds = Histogram(create, "mcp_container_spawn_duration_seconds", "Duration of spawns that succeeded.", _spawnBuckets, "path");
        _spawnPhaseSeconds = Histogram(create, "mcp_container_spawn_phase_duration_seconds", "Duration of the steps of a spawn.", _phaseBuckets, "phase");
        _executions = create.CreateCounter("mcp_executions_total", "Commands that ended.", "outcome");
        _executionsRunning = create.CreateGauge("mcp_executions_running", "Commands that run.");
        _executionSeconds = Histogram(create, "mcp_execution_duration_seconds", "Duration of commands.", _executionBuckets, "outcome");
        _executionStartLatency = Histogram(create, "mcp_execution_start_latency_seconds", "From the call to the running process.", _latencyBuckets);
        _executionTimeouts = create.CreateCounter("mcp_execution_timeout_total", "Commands that were ended because their time was up.");
        _outputBytes = create.CreateCounter("mcp_execution_output_bytes_total", "Output of commands.", "stream");
        _outputDroppedBytes = create.CreateCounter("mcp_execution_output_dropped_bytes_total", "Output beyond what is kept.", "stream");
        _fileOperations = create.CreateCounter("mcp_fs_operations_total", "Operations on files.", "operation", "result");
        _fileReadBytes = create.CreateCounter("mcp_fs_read_bytes_total", "Bytes read from files.");
        _fileWriteBytes = create.CreateCounter("mcp_fs_write_bytes_total", "Bytes written to files.");
        _fileSeconds = Histogram(create, "mcp_fs_operation_duration_seconds", "Duration of operations on files.", _fileBuckets, "operation");
        create.CreateGauge("mcp_build_info", "Always 1; the labels say what was built.", "version", "commit").WithLabels(BuildInfo.Version, BuildInfo.Commit).Set(1);
        var uptime = create.CreateGauge("mcp_server_uptime_seconds", "Seconds since the server started.");
        var started = time.GetTimestamp();
        _registry.AddBeforeCollectCallback(() => uptime.Set(time.GetElapsedTime(started).TotalSeconds));
    }

    /// <param name="method">A tool's name or a method of the protocol: one of a fixed set.</param>
    public void RequestServed(string method, TimeSpan duration)
    {
        if (!_requests.TryGetValue(method, out var series))
            series = _requests.GetOrAdd(method, static (name, metrics) => (metrics._apiRequests.WithLabels(name), metrics._apiSeconds.WithLabels(name)), this);
        series.Count.Inc();
        series.Seconds.Observe(duration.TotalSeconds);
    }

    /// <param name="errorType">The name of a <see cref="RefusalCode"/>, or <c>cancelled</c>.</param>
    public void RequestFailed(string method, string errorType) => _apiErrors.WithLabels(method, errorType).Inc();

    public void ContainersCounted(int running, int stopped)
    {
        _containers.Set(running + stopped);
        _containersRunning.Set(running);
        _containersStopped.Set(stopped);
    }

    /// <param name="path"><c>warm</c> or <c>cold</c>.</param>
    public void ContainerSpawned(string path, TimeSpan duration)
    {
        _spawns.WithLabels(path, "success").Inc();
        _spawnSeconds.WithLabels(path).Observe(duration.TotalSeconds);
    }

    /// <param name="result">The name of a <see cref="RefusalCode"/>.</param>
    public void SpawnFailed(string path, string result) => _spawns.WithLabels(path, result).Inc();

    public void SpawnStepDone(string phase, TimeSpan duration) => _spawnPhaseSeconds.WithLabels(phase).Observe(duration.TotalSeconds);

    public void ExecutionStarted(TimeSpan latency)
    {
        _executionsRunning.Inc();
        _executionStartLatency.Observe(latency.TotalSeconds);
    }

    /// <summary>It was running when this server started, and still is.</summary>
    public void ExecutionAdopted() => _executionsRunning.Inc();

    /// <param name="outcome">An execution outcome in snake_case.</param>
    public void ExecutionEnded(string outcome, TimeSpan duration)
    {
        _executionsRunning.Dec();
        _executions.WithLabels(outcome).Inc();
        _executionSeconds.WithLabels(outcome).Observe(duration.TotalSeconds);
        if (outcome == "timed_out")
            _executionTimeouts.Inc();
    }

    /// <param name="stream"><c>stdout</c> or <c>stderr</c>.</param>
    public void OutputReceived(string stream, long bytes) => _outputBytes.WithLabels(stream).Inc(bytes);

    public void OutputDropped(string stream, long bytes) => _outputDroppedBytes.WithLabels(stream).Inc(bytes);

    /// <param name="operation">A fixed word, such as <c>read</c>.</param>
    /// <param name="result"><c>success</c> or the name of a <see cref="RefusalCode"/>.</param>
    public void FileOperationDone(string operation, string result, TimeSpan duration)
    {
        _fileOperations.WithLabels(operation, result).Inc();
        _fileSeconds.WithLabels(operation).Observe(duration.TotalSeconds);
    }

    public void FileBytesRead(long bytes) => _fileReadBytes.Inc(bytes);

    public void FileBytesWritten(long bytes) => _fileWriteBytes.Inc(bytes);

    /// <summary>Everything in Prometheus's text format.</summary>
    public async Task<string> ExportAsync(CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text, cancellationToken);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static Histogram Histogram(MetricFactory create, string name, string help, double[] buckets, params string[] labels) =>
        create.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = buckets });
}
