using System.Text;
using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// All metrics, as methods that name events. The values of every label are a closed set, so no client can create a series. The registry is
/// the server's own: it has no other metrics.
/// </summary>
internal sealed class MetricCatalogue
{
    private readonly MetricFamilies _families = new();

    public MetricCatalogue(MetricVocabulary vocabulary, TimeProvider time)
    {
        Api = new(_families, new LabelValues(vocabulary.Methods, ApiMetrics.Unknown));
        Containers = new(_families);
        WarmPool = new(_families);
        Execs = new(_families);
        Files = new(_families);
        Engine = new(_families, new LabelValues(vocabulary.EngineCalls));
        Agents = new(_families);
        Sweeps = new(_families);
        Audit = new(_families, new LabelValues(vocabulary.AuditEvents));
        Access = new(_families);
        Health = new(_families);
        Storage = new(_families);
        Usage = new(_families);
        Memory = new(_families);
        Disk = new(_families);
        Background = new(_families);
        _families.Gauge("mcp_build_info", "Always 1; the labels say what was built.", "version", "commit").WithLabels(
            BuildInfo.Version, BuildInfo.Commit).Set(1);
        var uptime = _families.Gauge("mcp_server_uptime_seconds", "Seconds since the server started.");
        var started = time.GetTimestamp();
        BeforeCollect(() => uptime.Set(time.GetElapsedTime(started).TotalSeconds));
    }

    public ApiMetrics Api { get; }
    public ContainerMetrics Containers { get; }
    public WarmPoolMetrics WarmPool { get; }
    public ExecMetrics Execs { get; }
    public FileMetrics Files { get; }
    public EngineMetrics Engine { get; }
    public AgentMetrics Agents { get; }
    public SweepMetrics Sweeps { get; }
    public AuditMetrics Audit { get; }
    public AccessMetrics Access { get; }
    public HealthMetrics Health { get; }
    public StorageMetrics Storage { get; }
    public UsageMetrics Usage { get; }
    public MemoryMetrics Memory { get; }
    public DiskMetrics Disk { get; }
    public BackgroundMetrics Background { get; }

    public CollectorRegistry Registry => _families.Registry;

    /// <summary>Registers a refresh of gauges before each scrape.</summary>
    /// <param name="refresh">Cheap: numbers that are in memory.</param>
    public void BeforeCollect(Action refresh) => Registry.AddBeforeCollectCallback(refresh);

    /// <inheritdoc cref="BeforeCollect(Action)"/>
    public void BeforeCollect(Func<CancellationToken, Task> refresh) => Registry.AddBeforeCollectCallback(refresh);

    /// <summary>Everything in Prometheus's text format.</summary>
    public async Task<string> ExportAsync(CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        await Registry.CollectAndExportAsTextAsync(text, cancellationToken);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}

/// <summary>The words that rooms know and labels need.</summary>
/// <param name="Methods">Tools, and methods of the protocol.</param>
/// <param name="EngineCalls">What is asked of the Docker Engine.</param>
/// <param name="AuditEvents">Such as <c>container.spawn</c>.</param>
internal sealed record MetricVocabulary(
    IReadOnlyList<string> Methods, IReadOnlyList<string> EngineCalls, IReadOnlyList<string> AuditEvents);
