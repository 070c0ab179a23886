using McpDevBench.LoadTests.Watches;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.LoadTests;

/// <summary>A scraper, and metrics whose counter moves twice more before it stands still.</summary>
public sealed class ScraperTests : IAsyncLifetime
{
    private readonly WebApplication _metrics = Quiet();
    private int _looks;

    public async ValueTask InitializeAsync()
    {
        _metrics.Urls.Add("http://127.0.0.1:0");
        _metrics.Run(
            context =>
                context.Response.WriteAsync(
                    $"mcp_server_ready 1\nmcp_api_requests_total {Math.Min(Interlocked.Increment(ref _looks), 3)}\n"));
        await _metrics.StartAsync(TestContext.Current.CancellationToken);
    }

    private static WebApplication Quiet()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    public ValueTask DisposeAsync() => _metrics.DisposeAsync();

    [Fact]
    public async Task Waiting_for_the_counters_to_stand_still_is_no_part_of_the_load()
    {
        using var scraper = new Scraper(new Uri(_metrics.Urls.Single())) { ScrapeTimeout = Eventually.Timeout };
        Assert.Equal(3, (await scraper.SettledAsync(TimeProvider.System)).Sum("mcp_api_requests_total"));
        Assert.Empty(scraper.Scrapes);
        await scraper.ScrapeAsync();
        Assert.Equal(1, Assert.Single(scraper.Scrapes).Available);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_not_available()
    {
        using var scraper = new Scraper(new Uri(_metrics.Urls.Single()));
        await _metrics.StopAsync(TestContext.Current.CancellationToken);
        await scraper.ScrapeAsync();
        Assert.Equal(0, Assert.Single(scraper.Scrapes).Available);
    }
}
