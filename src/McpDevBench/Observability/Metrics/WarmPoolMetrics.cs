using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Workspaces started ahead of a spawn.</summary>
internal sealed class WarmPoolMetrics(MetricFamilies families)
{
    private static readonly double[] _buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Gauge _size = families.Gauge("mcp_warm_pool_size", "Workspaces that the warm pool is to hold; 0 when it is off.");
    private readonly Gauge _ready = families.Gauge("mcp_warm_pool_ready", "Workspaces in the warm pool that can be claimed now.");
    private readonly CounterTable _claims = families.Counter(
        "mcp_warm_pool_claims_total", "Spawns by what the warm pool had for them.", ("result", new LabelValues("hit", "miss")), (
            "reason", new LabelValues("none", "disabled", "empty", "shape")));
    private readonly Histogram _claimSeconds = families.Histogram(
        "mcp_warm_pool_claim_duration_seconds", "Duration of claims that hit, in seconds.", _buckets);
    private readonly Histogram _refillSeconds = families.Histogram(
        "mcp_warm_pool_refill_duration_seconds", "From a claim to its replacement, in seconds.", _buckets);

    public void Counted(int size, int ready)
    {
        _size.Set(size);
        _ready.Set(ready);
    }

    public void Hit(TimeSpan duration)
    {
        _claims.Add("hit", "none");
        _claimSeconds.Observe(duration.TotalSeconds);
    }

    /// <param name="reason">disabled, empty, or shape: the spawn asks for something else than the pool holds.</param>
    public void Missed(string reason) => _claims.Add("miss", reason);

    public void Refilled(TimeSpan duration) => _refillSeconds.Observe(duration.TotalSeconds);
}
