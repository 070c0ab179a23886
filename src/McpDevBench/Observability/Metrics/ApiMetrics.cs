namespace McpDevBench.Observability.Metrics;

/// <summary>Calls as clients make them.</summary>
/// <param name="methods">The names of tools and of the protocol's methods; all others are <see cref="Unknown"/>.</param>
internal sealed class ApiMetrics(MetricFamilies families, LabelValues methods)
{
    /// <summary>What all unknown tools and methods are counted as.</summary>
    public const string Unknown = "unknown";

    private static readonly double[] _buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly CounterRow _requests = families.Counter(
        "mcp_api_requests_total", "Requests, by tool or by method of the protocol.", "method", methods);
    private readonly HistogramRow _seconds = families.Histogram(
        "mcp_api_request_duration_seconds", "Duration of requests in seconds.", _buckets, "method", methods);
    private readonly CounterTable _errors = families.Counter(
        "mcp_api_errors_total", "Requests that failed or were rejected.", ("method", methods), ("error_type", LabelValues.Errors));

    private readonly HistogramTable _operations = families.Histogram(
        "mcp_server_operation_duration_seconds", "Duration of requests as the MCP SDK measures them, in seconds.", _buckets,
        ("method", methods), ("error_type", new LabelValues("none", "tool_error")));

    /// <param name="method">A tool's name or a method of the protocol.</param>
    /// <param name="errorType">Null for success; else the name of a <see cref="ErrorCode"/>, <c>cancelled</c> or <c>tool_error</c>.</param>
    public void Served(string method, TimeSpan duration, string? errorType)
    {
        _requests.Add(method);
        _seconds.Observe(method, duration);
        if (errorType is null)
            _errors.Touch(method);
        else
            _errors.Add(method, errorType);
    }

    /// <summary>Rejected before dispatch: without a duration.</summary>
    /// <param name="errorType">The name of a <see cref="ErrorCode"/>.</param>
    public void Rejected(string errorType)
    {
        _requests.Add(Unknown);
        _errors.Add(Unknown, errorType);
    }

    /// <param name="method">A method of the protocol.</param>
    /// <param name="error"><c>none</c>, <c>tool_error</c>, or anything else that the SDK names.</param>
    public void Operated(string method, string error, TimeSpan duration) => _operations.Observe(method, error, duration);
}
