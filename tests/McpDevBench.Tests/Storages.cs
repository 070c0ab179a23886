using McpDevBench.Audit;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests;

/// <summary>The state on disk for what is built by hand.</summary>
internal static class Storages
{
    public static StateDisk Disk(StorageOptions options, MetricCatalogue metrics) =>
        new(options, metrics, NullLogger<StateDisk>.Instance);

    public static Database Open(StorageOptions options, MetricCatalogue metrics, TimeProvider time) =>
        new(options, Disk(options, metrics), metrics, time, NullLogger<Database>.Instance);

    /// <summary>An audit log that is off.</summary>
    public static AuditLog Audit(StorageOptions options, MetricCatalogue metrics, InstanceKey key) =>
        new(
            new AuditOptions { Enabled = false }, options, Disk(options, metrics), key, metrics, TimeProvider.System,
            NullLogger<AuditLog>.Instance);
}
