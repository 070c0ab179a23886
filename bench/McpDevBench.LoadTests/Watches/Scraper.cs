using System.Collections.Concurrent;
using McpDevBench.LoadTests.Metrics;

namespace McpDevBench.LoadTests.Watches;

/// <param name="Metrics">Null when the server did not answer: what Prometheus calls down.</param>
internal sealed record Scrape(Snapshot? Metrics)
{
    /// <summary><c>up * mcp_server_ready</c>.</summary>
    public double Available => Metrics?.Sum("mcp_server_ready") ?? 0;
}

/// <summary>Scrapes the server as a Prometheus does.</summary>
internal sealed class Scraper(Uri metrics) : IDisposable
{
    private const int MaxLooks = 100;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>For the counters before and after the load, which a busy machine may answer late.</summary>
    private static readonly TimeSpan _requiredTimeout = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentQueue<Scrape> _scrapes = [];

    /// <summary>What takes longer counts as down.</summary>
    public TimeSpan ScrapeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public IReadOnlyCollection<Scrape> Scrapes => _scrapes;

    public async Task ScrapeAsync() => _scrapes.Enqueue(new Scrape(await ReadAsync(ScrapeTimeout)));

    /// <summary>
    /// Everything that was answered is counted: a request is counted a moment before or after its answer, so the counters are read until
    /// they stand still. That is before and after the load, so it is none of the <see cref="Scrapes"/>.
    /// </summary>
    public async Task<Snapshot> SettledAsync(TimeProvider time)
    {
        var before = await RequiredAsync();
        for (var look = 0; look < MaxLooks; look++)
        {
            await Task.Delay(_pause, time);
            var after = await RequiredAsync();
            if (Requests(after) == Requests(before))
                return after;
            before = after;
        }
        throw new InvalidOperationException($"The counters of {metrics} do not stand still: somebody else is at work there.");
    }

    public void Dispose() => _http.Dispose();

    private static double Requests(Snapshot metrics) => metrics.Sum("mcp_api_requests_total") + metrics.Sum("mcp_api_errors_total");

    private async Task<Snapshot> RequiredAsync() =>
        await ReadAsync(_requiredTimeout) ?? throw new InvalidOperationException($"{metrics} does not answer.");

    private async Task<Snapshot?> ReadAsync(TimeSpan timeout)
    {
        using var cancellation = new CancellationTokenSource(timeout);
        try
        {
            return new Snapshot(MetricsText.Parse(await _http.GetStringAsync(metrics, cancellation.Token)));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}
