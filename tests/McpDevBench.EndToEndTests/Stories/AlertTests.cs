using System.Globalization;
using System.Text.Json;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Monitoring;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Something breaks, and the person who is on call hears of it.</summary>
[Collection(Alone.Name)]
public sealed class AlertTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_server_that_dies_rings_the_pager_and_one_that_is_back_ends_the_alarm()
    {
        var port = Ports.Free();
        await using var pager = await Pager.Start();
        await using var server = await ServerProcess.Started(
            ("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)));
        await using var prometheus = await PrometheusServer.Start($"127.0.0.1:{port}", pager.Address);
        await prometheus.Scraped(2);
        Assert.DoesNotContain(pager.Alerts, alert => Is(alert, "McpDevBenchDown", "firing"));

        await server.KillHard();
        await Deadline.Until(
            () => Task.FromResult(pager.Alerts.Any(alert => Is(alert, "McpDevBenchDown", "firing"))), _patience, "the pager rings");
        var alarm = pager.Alerts.First(alert => Is(alert, "McpDevBenchDown", "firing"));
        Assert.Equal("page", alarm.GetProperty("labels").GetProperty("severity").GetString());
        Assert.All(
            ["summary", "description", "runbook_url"],
            text => Assert.NotEmpty(alarm.GetProperty("annotations").GetProperty(text).GetString()!));

        await server.InitializeAsync();
        await Deadline.Until(
            () => Task.FromResult(pager.Alerts.Any(alert => Is(alert, "McpDevBenchDown", "resolved"))), _patience, "the alarm ends");
    }

    private static bool Is(JsonElement alert, string name, string status) =>
        alert.GetProperty("labels").GetProperty("alertname").GetString() == name && alert.GetProperty("status").GetString() == status;
}
