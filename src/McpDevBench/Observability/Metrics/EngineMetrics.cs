namespace McpDevBench.Observability.Metrics;

/// <summary>Calls to the Docker Engine.</summary>
internal sealed class EngineMetrics(MetricFamilies families, LabelValues endpoints)
{
    private static readonly double[] _buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

    private readonly HistogramTable _seconds = families.Histogram(
        "mcp_docker_api_duration_seconds", "Duration of calls to the Docker Engine, in seconds.", _buckets,
        ("endpoint", endpoints), ("status", new LabelValues("ok", "client_error", "server_error", "unavailable", "cancelled")));

    /// <param name="endpoint">What was asked of the engine, such as <c>create</c>.</param>
    /// <param name="status">ok, client_error (4xx), server_error (5xx), unavailable (no answer in time) or cancelled.</param>
    public void Called(string endpoint, string status, TimeSpan duration) => _seconds.Observe(endpoint, status, duration);
}
