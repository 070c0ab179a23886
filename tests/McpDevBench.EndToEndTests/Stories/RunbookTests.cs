using McpDevBench.EndToEndTests.Monitoring;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The link in a notification opens, also while the server is down.</summary>
public sealed class RunbookTests
{
    [Fact]
    public void The_page_of_runbooks_is_that_of_the_guide()
    {
        var file = Deployment.File(Runbooks.Page);
        var wanted = Runbooks.Render();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "true")
            File.WriteAllText(file, wanted);
        Assert.Equal(wanted, File.ReadAllText(file));
    }

    [Fact]
    public async Task Prometheus_itself_serves_the_runbook_of_every_alert()
    {
        await using var prometheus = await PrometheusServer.Start($"127.0.0.1:{Ports.Free()}");
        using var http = new HttpClient();
        var links = Deployment.Rules
            .Where(rule => rule["alert"] is not null).Select(rule => (string)rule["annotations"]!["runbook_url"]!).Distinct().ToList();
        Assert.NotEmpty(links);
        foreach (var link in links)
        {
            var address = new Uri(link.Replace("{{ $externalURL }}", prometheus.Address.ToString().TrimEnd('/'), StringComparison.Ordinal));
            var page = await http.GetStringAsync(address, TestContext.Current.CancellationToken);
            Assert.Contains($"id=\"{address.Fragment.TrimStart('#')}\"", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_switch_makes_the_configuration_that_of_a_server_on_the_host()
    {
        await Deployment.Promtool("check", "config", "--lint=all", "--lint-fatal", Deployment.File("prometheus/host.yml"));
        var host = Deployment.Read("prometheus/host.yml").ToJsonString();
        var compose = Deployment.Read("prometheus/prometheus.yml").ToJsonString();
        Assert.Equal(
            compose.Replace("mcp-devbench:9090", "127.0.0.1:9090", StringComparison.Ordinal)
                .Replace("alertmanager:9093", "127.0.0.1:9093", StringComparison.Ordinal),
            host);
        Assert.Contains(
            "--config.file=deploy/prometheus/host.yml", File.ReadAllText(Deployment.File("README.md")), StringComparison.Ordinal);
    }
}
