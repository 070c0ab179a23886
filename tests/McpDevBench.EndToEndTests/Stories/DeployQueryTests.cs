using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Monitoring;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What dashboards and rules ask for is there.</summary>
public sealed class DeployQueryTests
{
    /// <summary>The panels that the guide shows, with its own query where that one is right.</summary>
    private static readonly (string Title, string? Query)[] _guidesPanels =
    [
        ("Container Count", "mcp_containers_running"),
        ("Request Rate", "sum(rate(mcp_api_requests_total[5m])) by (method)"),
        ("Error Rate", "sum(rate(mcp_api_errors_total[5m])) by (error_type)"),
        ("P95 Latency", null),
    ];

    /// <summary>
    /// What the metrics of a server that was just used do not show: what Prometheus adds, what is sampled a moment later, and what comes
    /// with other features.
    /// </summary>
    private static readonly (string Metric, string Label, string Value)[] _elsewhere =
    [
        ("up", "job", "mcp-devbench"),
        ("up", "instance", ""),
        ("container_memory_usage_bytes", "container", ""),
        ("container_cpu_usage_seconds_total", "container", ""),
        ("container_fs_usage_bytes", "container", ""),
        ("mcp_warm_pool_claims_total", "result", "hit"),
        ("mcp_docker_api_duration_seconds", "status", "unavailable"),
    ];

    /// <summary>Labels of a target, which every metric has once it is scraped.</summary>
    private static readonly string[] _ofTargets = ["job", "instance"];

    [Fact]
    public void Every_dashboard_can_be_told_apart_and_every_panel_says_what_it_shows()
    {
        Assert.Equal(6, Deployment.Dashboards.Select(dashboard => (string)dashboard["uid"]!).Distinct().Count());
        Assert.All(Deployment.Dashboards, dashboard =>
        {
            var panels = dashboard["panels"]!.AsArray();
            Assert.NotEmpty(panels);
            Assert.Equal(panels.Count, panels.Select(panel => (int)panel!["id"]!).Distinct().Count());
            Assert.Equal(panels.Count, panels.Select(panel => (string)panel!["title"]!).Distinct().Count());
            Assert.Equal("stat", (string)panels[0]!["type"]!);
            Assert.All(panels, panel =>
            {
                Assert.NotEmpty((string)panel!["description"]!);
                Assert.NotEmpty((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
                Assert.NotEmpty(panel["targets"]!.AsArray());
                Assert.All(panel["targets"]!.AsArray(), target => Assert.Equal("prometheus", (string)target!["datasource"]!["uid"]!));
            });
        });
    }

    [Fact]
    public void The_overview_has_the_guide_s_panels()
    {
        var panels = Deployment.Dashboards.Single(dashboard => (string)dashboard["uid"]! == "mcp-devbench-overview")["panels"]!.AsArray();
        Assert.All(_guidesPanels, guides =>
        {
            var panel = Assert.Single(panels, panel => (string)panel!["title"]! == guides.Title);
            if (guides.Query is not null)
                Assert.Equal(guides.Query, (string)Assert.Single(panel!["targets"]!.AsArray())!["expr"]!);
        });
    }

    /// <summary>From a slow call to its trace: Grafana shows the way only where a target asks for it.</summary>
    [Fact]
    public void Every_line_of_a_p95_offers_the_traces_of_slow_calls()
    {
        var targets = Deployment.Dashboards.SelectMany(dashboard => dashboard["panels"]!.AsArray()).Where(
            panel => (string)panel!["type"]! == "timeseries")
            .SelectMany(
                panel =>
                    panel!["targets"]!.AsArray().Select(
                        target =>
                            (
                                Panel: (string)panel["title"]!, Query: (string)target!["expr"]!,
                                Exemplar: (bool?)target["exemplar"] ?? false))).ToList();
        Assert.Contains(targets, target => target.Exemplar);
        Assert.All(
            targets,
            target =>
                Assert.True(
                    target.Exemplar == target.Query.StartsWith("histogram_quantile(0.95,", StringComparison.Ordinal),
                    $"{target.Panel}: {target.Query}"));
        var source = Deployment.Read("grafana/provisioning/datasources/datasources.yml")["datasources"]!.AsArray().Single(
            source => (string)source!["uid"]! == "prometheus");
        Assert.Equal("trace_id", (string)Assert.Single(source!["jsonData"]!["exemplarTraceIdDestinations"]!.AsArray())!["name"]!);
        Assert.Contains(
            "--enable-feature=exemplar-storage",
            Deployment.Read("compose.yaml")["services"]!["prometheus"]!["command"]!.AsArray().Select(argument => (string)argument!));
    }

    [Fact]
    public async Task Prometheus_can_read_every_query()
    {
        using var folder = new TemporaryFolder();
        var rules = Deployment.Queries.Select((query, number) => new JsonObject { ["record"] = $"query:{number}", ["expr"] = query.Query });
        // YAML takes JSON.
        File.WriteAllText(
            folder["queries.yml"],
            new JsonObject { ["groups"] = new JsonArray(
                new JsonObject { ["name"] = "queries", ["rules"] = new JsonArray([.. rules]) }) }.ToJsonString());
        Assert.Contains(
            $"{Deployment.Queries.Count} rules found", await Deployment.Promtool("check", "rules", folder["queries.yml"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_metric_label_and_value_that_is_asked_for_exists()
    {
        var there = await Exposed();
        Assert.All(Deployment.Queries, asked =>
        {
            var query = new PromQuery(asked.Query);
            Assert.True(
                query.Selectors.Count > 0 || asked.Query.StartsWith("vector(", StringComparison.Ordinal),
                $"{asked.Where} asks for nothing");
            foreach (var selector in query.Selectors)
            {
                Assert.True(there.Has(selector.Metric), $"{asked.Where}: there is no metric {selector.Metric}");
                foreach (var matcher in selector.Matchers)
                {
                    Assert.True(
                        there.Has(selector.Metric, matcher.Label), $"{asked.Where}: {selector.Metric} has no label {matcher.Label}");
                    Assert.All(
                        matcher.Label == "le" ? [] : matcher.Values,
                        value =>
                            Assert.True(
                                there.ValuesOf(matcher.Label).Contains(value), $"{asked.Where}: no {matcher.Label} is ever {value}"));
                }
            }
            foreach (var label in query.Grouping.Except(_ofTargets))
                Assert.True(
                    query.Selectors.Any(selector => there.Has(selector.Metric, label)),
                    $"{asked.Where}: none of its metrics has a label {label}");
        });
    }

    /// <summary>The metrics of a server that did a bit of everything, and what the rules record.</summary>
    private static async Task<ExposedNames> Exposed()
    {
        var port = Ports.Free();
        await using var server = await ServerProcess.Started(("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", $"{port}"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("echo out; echo err >&2");
        await workspace.Write("note.txt", "text");
        await Refused.With("file_not_found", () => assistant.Call("fs_read", ("container_id", workspace.Id), ("path", "nowhere.txt")));
        var there = new ExposedNames(
            await server.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));
        foreach (var (metric, label, value) in _elsewhere)
            there.Add(metric, label, value);
        foreach (var rule in Deployment.Rules.Where(rule => rule["record"] is not null))
        {
            foreach (var label in rule["labels"]?.AsObject() ?? [])
                there.Add((string)rule["record"]!, label.Key, (string)label.Value!);
            there.Add((string)rule["record"]!, "job", "mcp-devbench");
        }
        return there;
    }
}
