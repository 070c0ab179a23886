using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Resource use of a workspace. Unknown values are null.</summary>
/// <param name="CpuSeconds">Since its container started.</param>
/// <param name="DiskBytes">What its files take.</param>
internal readonly record struct ResourceUse(ulong? MemoryBytes, double? CpuSeconds, long? DiskBytes = null);

/// <summary>
/// Resource use of workspaces, under the names of cAdvisor. The only family whose labels name things: there are at most
/// <see cref="Capacity"/> of them, and a series is removed with its workspace.
/// </summary>
internal sealed class UsageMetrics(MetricFamilies families)
{
    public const int Capacity = 200;

    private readonly Gauge _memory = families.Gauge(
        "container_memory_usage_bytes",
        "Memory charged to a workspace's control group, page cache included. "
            + "Absent where its container does not show it; at most 200 workspaces, those used last.",
        "container", "image");
    private readonly Counter _cpu = families.Counter(
        "container_cpu_usage_seconds_total",
        "Processor time used by a workspace's control group, in seconds. "
            + "Absent where its container does not show it; at most 200 workspaces, those used last.",
        "container", "image");
    private readonly Gauge _disk = families.Gauge(
        "container_fs_usage_bytes",
        "Disk that a workspace's files take, /workspace and the home directory, as its agent last measured it. "
            + "Absent without a disk limit; at most 200 workspaces, those used last.",
        "container", "image");
    private readonly Gauge _diskLimit = families.Gauge(
        "mcp_workspace_disk_limit_bytes", "Disk that a workspace's files may take; 0 for no limit.");
    private readonly Lock _lock = new();
    private HashSet<(string Container, string Image)> _shown = [];

    public void DiskLimited(long bytes) => _diskLimit.Set(bytes);

    /// <summary>Replaces the shown workspaces.</summary>
    /// <param name="lastUsedFirst">Beyond <see cref="Capacity"/> they are left out.</param>
    public void Measured(IEnumerable<(string Container, string Image, ResourceUse Use)> lastUsedFirst)
    {
        // Scrapes may come at the same time.
        lock (_lock)
        {
            var shown = new HashSet<(string, string)>();
            foreach (var (container, image, use) in lastUsedFirst.Take(Capacity))
            {
                shown.Add((container, image));
                Show(container, image, use);
            }
            foreach (var (container, image) in _shown.Except(shown))
                Show(container, image, default);
            _shown = shown;
        }
    }

    private void Show(string container, string image, ResourceUse use)
    {
        if (use.MemoryBytes is { } bytes)
            _memory.WithLabels(container, image).Set(bytes);
        else
            _memory.RemoveLabelled(container, image);
        // What runs in a workspace is not to be trusted: a number that goes back is passed over.
        if (use.CpuSeconds is { } seconds)
            _cpu.WithLabels(container, image).IncTo(seconds);
        else
            _cpu.RemoveLabelled(container, image);
        if (use.DiskBytes is { } disk)
            _disk.WithLabels(container, image).Set(disk);
        else
            _disk.RemoveLabelled(container, image);
    }
}
