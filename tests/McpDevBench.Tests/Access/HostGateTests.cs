using System.Net;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace McpDevBench.Tests.Access;

/// <summary>What metrics say of who was let in, over real HTTP.</summary>
public sealed class HostGateTests
{
    [Theory]
    [InlineData("Host", "evil.example", HttpStatusCode.MisdirectedRequest, "host")]
    [InlineData("Origin", "http://evil.example", HttpStatusCode.Forbidden, "origin")]
    public async Task Whoever_is_turned_away_counts_as_denied(string header, string value, HttpStatusCode status, string rule)
    {
        using var server = await TestServer.StartAsync();
        await server.Client.GetAsync("/health/live");
        Assert.Contains("mcp_auth_decisions_total{mode=\"none\",result=\"denied\"} 0\n", await MetricsAsync(server));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.TryAddWithoutValidation(header, value);
        Assert.Equal(status, (await server.Client.SendAsync(request)).StatusCode);
        var metrics = await MetricsAsync(server);
        Assert.Contains("mcp_auth_decisions_total{mode=\"none\",result=\"denied\"} 1\n", metrics);
        Assert.Contains("mcp_auth_decisions_total{mode=\"none\",result=\"allowed\"} 1\n", metrics);
        Assert.Contains($"mcp_policy_denials_total{{rule=\"{rule}\"}} 1\n", metrics);
    }

    private static Task<string> MetricsAsync(TestServer server) =>
        server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken);
}
