using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Workspaces and the disk of the Docker host.</summary>
internal sealed class DiskMetrics(MetricFamilies families)
{
    public const string Bytes = "bytes", Inodes = "inodes", HostDisk = "docker_disk";
    public const string Ended = "ended", Frozen = "frozen", Killed = "killed";

    private readonly CounterTable _stops = families.Counter(
        "mcp_disk_stops_total",
        "Workspaces whose commands were stopped for their use of the disk, by limit and by action.",
        ("reason", new LabelValues(Bytes, Inodes, HostDisk)), ("action", new LabelValues(Ended, Frozen, Killed)));
    private readonly Gauge _over = families.Gauge(
        "mcp_workspaces_over_disk_limit", "Workspaces beyond their limit of disk or files.");
    private readonly Gauge _free = families.Gauge(
        "mcp_docker_disk_free_bytes", "Free bytes on the disk with Docker's volumes, as agents see it; 0 while none runs.");
    private readonly Gauge _size = families.Gauge(
        "mcp_docker_disk_size_bytes", "Size of the disk with Docker's volumes, in bytes; 0 while no agent runs.");
    private readonly Gauge _low = families.Gauge(
        "mcp_docker_disk_low", "1 while the disk with Docker's volumes has less than the reserve free and new work is rejected, else 0.");

    public void Stopped(string reason, string action) => _stops.Add(reason, action);

    public void Over(int workspaces) => _over.Set(workspaces);

    public void Measured(long freeBytes, long sizeBytes, bool isLow)
    {
        _free.Set(freeBytes);
        _size.Set(sizeBytes);
        _low.Set(isLow ? 1 : 0);
    }
}
