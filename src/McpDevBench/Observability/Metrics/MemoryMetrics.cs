using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Memory reserved by running calls.</summary>
internal sealed class MemoryMetrics
{
    private readonly Gauge.Child _small, _large, _answers;

    public MemoryMetrics(MetricFamilies families)
    {
        var bytes = families.Gauge("mcp_call_memory_bytes", "Memory reserved by running calls, by budget.", "budget");
        (_small, _large, _answers) = (bytes.WithLabels("small_requests"), bytes.WithLabels("large_requests"), bytes.WithLabels("answers"));
    }

    public void Counted(long small, long large, long answers)
    {
        _small.Set(small);
        _large.Set(large);
        _answers.Set(answers);
    }
}
