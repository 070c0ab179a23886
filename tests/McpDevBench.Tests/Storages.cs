using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests;

/// <summary>The state on disk for what is built by hand.</summary>
internal static class Storages
{
    public static StateDisk Disk(StorageOptions options, MetricCatalogue metrics) =>
        new(options, metrics, TimeProvider.System, NullLogger<StateDisk>.Instance);

    public static Database Open(StorageOptions options, MetricCatalogue metrics, TimeProvider time) =>
        new(options, Disk(options, metrics), metrics, time, NullLogger<Database>.Instance);
}
