using System.Text.Json;
using System.Xml.Linq;
using McpDevBench.LoadTests.Charts;
using McpDevBench.LoadTests.Dashboards;

namespace McpDevBench.Tests.LoadTests;

public sealed class DashboardTests
{
    private static readonly Window _window = new(1000, 1060, 2);

    [Theory]
    [InlineData("timeseries")]
    [InlineData("stat")]
    [InlineData("gauge")]
    [InlineData("bargauge")]
    [InlineData("table")]
    [InlineData("heatmap")]
    public void Every_kind_of_panel_is_drawn_with_data_and_says_so_without(string type)
    {
        var dashboard = Read(type);
        var panel = Assert.Single(dashboard.Panels);
        var labels = new Dictionary<string, string> { ["method"] = "exec", ["le"] = "0.5" };
        var full = Texts(dashboard, new PanelData(panel, _window, [(panel.Targets[0], new Answer(labels, [(1000, 0.25), (1058, 0.75)]))]));
        Assert.Contains("The panel", full);
        Assert.Contains(full, text => text.Contains(type == "heatmap" ? "500 ms" : "750 ms", StringComparison.Ordinal));
        Assert.DoesNotContain("no data", full);
        Assert.Contains("no data", Texts(dashboard, new PanelData(panel, _window, [])));
    }

    [Fact]
    public void A_panel_that_cannot_be_drawn_is_named()
    {
        var dashboard = Read("news");
        var wrong = Assert.Throws<NotSupportedException>(() => Texts(dashboard, new PanelData(dashboard.Panels[0], _window, [])));
        Assert.Contains("The panel", wrong.Message, StringComparison.Ordinal);
    }

    private static Dashboard Read(string type)
    {
        using var json = JsonDocument.Parse($$$"""
            { "title": "A dashboard", "panels": [ {
                "type": "{{{type}}}", "title": "The panel", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
                "targets": [ { "expr": "up", "legendFormat": "{{method}}" } ],
                "fieldConfig": { "defaults": { "unit": "s", "min": 0, "thresholds": { "steps": [ { "color": "green", "value": null }, { "color": "yellow", "value": 0.5 }, { "color": "red", "value": 1 } ] } } },
                "options": { "colorMode": "background", "graphMode": "area" }
            } ] }
            """);
        return Dashboard.Read(json.RootElement);
    }

    private static List<string> Texts(Dashboard dashboard, PanelData data) =>
        [.. XDocument.Parse(DashboardPicture.Draw(dashboard, _window, [data], Theme.Dark)).Descendants().Where(
            element => element.Name.LocalName == "text").Select(element => element.Value)];
}
