using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>The state database.</summary>
internal sealed class StorageMetrics(MetricFamilies families)
{
    private static readonly double[] _buckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1, 5];

    private readonly Histogram _writeSeconds = families.Histogram(
        "mcp_db_write_duration_seconds", "Duration of write transactions, including the wait for the lock, in seconds.", _buckets);
    private readonly Gauge _walBytes = families.Gauge("mcp_db_wal_bytes", "Size of the database's write-ahead log, in bytes.");
    private readonly Counter _busy = families.Counter("mcp_db_busy_total", "Transactions that failed because the database was locked.");

    private readonly Gauge _diskFree = families.Gauge(
        "mcp_state_disk_free_bytes", "Free bytes on the disk with the server's state.");
    private readonly Gauge _diskSize = families.Gauge("mcp_state_disk_size_bytes", "Size of the disk with the server's state, in bytes.");
    private readonly Gauge _diskLow = families.Gauge(
        "mcp_state_disk_low", "1 while the disk with the server's state is nearly full and new work is rejected, else 0.");

    private readonly Gauge _leaseHeld = families.Gauge(
        "mcp_state_lease_held", "1 while this server holds the lease on its state in the Docker Engine, else 0.");

    public void LeaseHeld(bool isHeld) => _leaseHeld.Set(isHeld ? 1 : 0);

    public void DiskMeasured(long freeBytes, long sizeBytes)
    {
        _diskFree.Set(freeBytes);
        _diskSize.Set(sizeBytes);
    }

    public void DiskLow(bool isLow) => _diskLow.Set(isLow ? 1 : 0);

    public void Written(TimeSpan duration) => _writeSeconds.Observe(duration.TotalSeconds);

    public void WalMeasured(long bytes) => _walBytes.Set(bytes);

    public void Busy() => _busy.Inc();
}
