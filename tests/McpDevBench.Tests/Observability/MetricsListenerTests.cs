using System.Net;
using System.Net.Http.Headers;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Observability;

public sealed class MetricsListenerTests : IAsyncLifetime
{
    private readonly MetricCatalogue _metrics = Metering.Catalogue();
    private readonly RuntimeMeters _meters;
    private readonly MetricsListener _listener;
    private readonly HttpClient _http = new();

    public MetricsListenerTests()
    {
        _meters = new RuntimeMeters(_metrics);
        _listener = new MetricsListener(
            new MetricsOptions { Port = 0 }, _metrics, _meters, NullLoggerFactory.Instance, NullLogger<MetricsListener>.Instance);
    }

    public async ValueTask InitializeAsync() => await _listener.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _listener.StopAsync(CancellationToken.None);
        _meters.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task Ours_the_runtime_s_and_the_web_server_s_can_be_scraped()
    {
        using var answer = await _http.GetAsync(new Uri(_listener.Url!));
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.All(
            ["mcp_server_uptime_seconds ", "system_runtime_dotnet_gc_collections{", "kestrel_active_connections{"],
            name => Assert.Contains(name, text));
    }

    [Fact]
    public async Task Who_accepts_OpenMetrics_gets_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _listener.Url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/openmetrics-text"));
        using var answer = await _http.SendAsync(request);
        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith("# EOF\n", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/mcp", HttpStatusCode.NotFound)]
    [InlineData("GET", "/metrics/x", HttpStatusCode.NotFound)]
    [InlineData("POST", "/metrics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/metrics", HttpStatusCode.MethodNotAllowed)]
    public async Task Nothing_else_is_there(string method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(new Uri(_listener.Url!), path));
        using var answer = await _http.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public void Over_stdio_they_are_served_only_where_somebody_asked()
    {
        var (unasked, asked, off) = (
            new MetricsOptions(), new MetricsOptions { AskedFor = true }, new MetricsOptions { AskedFor = true, Enabled = false });
        Assert.Equal((true, false), (unasked.ServedOver(stdio: false), unasked.ServedOver(stdio: true)));
        Assert.Equal((true, true), (asked.ServedOver(stdio: false), asked.ServedOver(stdio: true)));
        Assert.Equal((false, false), (off.ServedOver(stdio: false), off.ServedOver(stdio: true)));
    }
}
