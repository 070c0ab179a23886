using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Operations on files in workspaces.</summary>
internal sealed class FileMetrics(MetricFamilies families)
{
    private static readonly double[] _buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10];
    private static readonly LabelValues _operations =
        new("read", "write", "edit", "delete", "stat", "list", "search", "batch", "import", "export");

    private readonly CounterTable _done = families.Counter(
        "mcp_fs_operations_total", "Operations on files.", ("operation", _operations), ("result", LabelValues.Results));
    private readonly Counter _readBytes = families.Counter("mcp_fs_read_bytes_total", "Bytes read from files.");
    private readonly Counter _writtenBytes = families.Counter("mcp_fs_write_bytes_total", "Bytes written to files.");
    private readonly HistogramRow _seconds = families.Histogram(
        "mcp_fs_operation_duration_seconds", "Duration of operations on files, in seconds.", _buckets, "operation", _operations);

    /// <param name="operation">A fixed word, such as <c>read</c>.</param>
    /// <param name="result"><c>success</c>, the name of a <see cref="ErrorCode"/>, or <c>cancelled</c>.</param>
    public void Done(string operation, string result, TimeSpan duration)
    {
        _done.Add(operation, result);
        _seconds.Observe(operation, duration);
    }

    public void BytesRead(long bytes) => _readBytes.Inc(bytes);

    public void BytesWritten(long bytes) => _writtenBytes.Inc(bytes);
}
