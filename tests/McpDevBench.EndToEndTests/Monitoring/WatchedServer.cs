using System.Globalization;
using System.Text.Json;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The native server with everything of its observability on, a real Prometheus that scrapes it, and a day's work done.</summary>
public sealed class WatchedServer : IAsyncLifetime
{
    private const int ScrapesBefore = 2, ScrapesAfter = 3;

    private readonly TemporaryFolder _folder = new();
    private Assistant _assistant = null!;

    public WatchedServer()
    {
        MetricsPort = Ports.Free();
        Server = new ServerProcess(new Dictionary<string, string>
        {
            ["MCP_METRICS_ENABLED"] = "true",
            ["MCP_METRICS_PORT"] = MetricsPort.ToString(CultureInfo.InvariantCulture),
            ["MCP_AUDIT_ENABLED"] = "true",
            ["MCP_AUDIT_LOG_FILE"] = _folder["audit.log"],
            ["MCP_LOG_FILE"] = _folder["server.log"],
            ["MCP_LOG_LEVEL"] = "INFO",
            ["MCP_LOG_FORMAT"] = "json",
            ["MCP_ALLOWED_REGISTRIES"] = "docker.io,127.0.0.1:1",
        });
    }

    public ServerProcess Server { get; }

    public int MetricsPort { get; }

    internal PrometheusServer Prometheus { get; private set; } = null!;

    public IReadOnlyList<JsonElement> LogLines => Lines("server.log");

    public IReadOnlyList<JsonElement> AuditRecords => Lines("audit.log");

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        Prometheus = await PrometheusServer.Start($"127.0.0.1:{MetricsPort}");
        // Counters that are there before anything happens, so that the day is an increase.
        await Prometheus.Scraped(ScrapesBefore);
        _assistant = await Server.Connect();
        await new WorkingDay(Server, _assistant).Live();
        await Deadline.Until(
            async () => (await Scrape()).Contains("container_fs_usage_bytes{", StringComparison.Ordinal), TimeSpan.FromSeconds(60),
            "the disk of a workspace is measured");
        await Prometheus.Scraped(ScrapesAfter);
    }

    /// <summary>What a scrape gives now.</summary>
    public Task<string> Scrape() =>
        Server.Http.GetStringAsync(new Uri($"http://127.0.0.1:{MetricsPort}/metrics"), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _assistant.DisposeAsync();
        await Prometheus.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private List<JsonElement> Lines(string file) =>
        [.. File.ReadLines(_folder[file]).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        })];
}
