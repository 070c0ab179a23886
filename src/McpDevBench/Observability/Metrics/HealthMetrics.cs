using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Whether the server can serve.</summary>
internal sealed class HealthMetrics(MetricFamilies families)
{
    private readonly Gauge _ready = families.Gauge("mcp_server_ready", "1 while /health/ready answers 200, else 0.");

    public void Counted(bool ready) => _ready.Set(ready ? 1 : 0);
}
