using System.Text.Json;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Monitoring;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// An operator takes the monitoring guide at its word: every name, address, query, rule and panel, on a server that has worked for a day.
/// </summary>
[Collection(Alone.Name)]
public sealed class MonitoringGuideTests(WatchedServer watched) : IClassFixture<WatchedServer>
{
    private const string Contract = "guide/monitoring-contract.md";

    /// <summary>
    /// Objectives about time. With a rule that is evaluated every second instead of every minute, three slow calls on a busy machine burn
    /// their budgets.
    /// </summary>
    private static readonly string?[] _ofTheMachine = ["latency", "spawn"];

    [Fact]
    public async Task Everything_that_the_guide_names_is_there()
    {
        var proof = await GuideProof.Of(watched);
        var (rows, missing) = (new List<string[]>(), new List<string>());
        foreach (var item in MonitoringGuide.Items)
        {
            if (await proof.Prove(item) is { } shown)
                rows.Add([item.Kind.ToString(), $"`{item.Name}`", $"✓ {shown}"]);
            else
                missing.Add($"{item.Kind} {item.Name}");
        }
        Assert.True(missing.Count == 0, $"The guide promises what is not there:\n{string.Join('\n', missing)}");
        GeneratedText.Check(Contract, "contract", GeneratedText.Table(["what", "in the guide", "shown by"], rows));
    }

    [Fact]
    public void The_guide_is_taken_apart_whole()
    {
        var counts = MonitoringGuide.Items.CountBy(item => item.Kind).ToDictionary();
        Assert.All(
            Enum.GetValues<GuideKind>(), kind => Assert.True(counts.GetValueOrDefault(kind) > 0, $"nothing of the kind {kind} was found"));
        // As many as a reader counts.
        Assert.Equal(
            (17, 8, 5, 8, 3, 5, 4),
            (
                counts[GuideKind.Metric], counts[GuideKind.AuditEvent], counts[GuideKind.LogLevel], counts[GuideKind.AuditField],
                counts[GuideKind.Alert], counts[GuideKind.Channel], counts[GuideKind.Objective]));
        var given = Path.Combine(Repository.Root, "..", "shared", "monitoring-guide.md");
        Assert.True(
            !File.Exists(given) || File.ReadAllText(given) == MonitoringGuide.Text,
            "the guide has changed: copy it to tests/McpDevBench.EndToEndTests/Monitoring");
    }

    [Fact]
    public async Task Every_query_of_our_own_edition_gives_data()
    {
        var text = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "guide", "monitoring.md"), TestContext.Current.CancellationToken);
        await AllGiveData(MarkdownQueries.Of(text));
    }

    [Fact]
    public async Task Every_panel_of_every_dashboard_gives_data() =>
        await AllGiveData(Deployment.Files("grafana/dashboards", "*.json").SelectMany(Dashboard.Expressions));

    [Fact]
    public async Task Every_rule_gives_data()
    {
        var rules = await Rules();
        Assert.True(rules.Count > 20, "the rules are loaded");
        Assert.All(rules, rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));
        var alerts = rules.ToLookup(IsAlert, rule => rule.GetProperty("query").GetString()!);
        await AllGiveData(alerts[false]);
        await AllGiveData(alerts[true], Promql.OutcomeOfAlert);
    }

    [Fact]
    public async Task A_healthy_server_alerts_nobody()
    {
        Assert.Contains(await Rules(), IsAlert);
        // Pending is as bad as firing: a day that takes a minute ends before any patience does.
        var alerts = (await watched.Prometheus.Get("api/v1/alerts")).GetProperty("alerts").EnumerateArray().Select(
            alert => alert.GetProperty("labels"));
        Assert.Equal(
            [],
            alerts.Where(alert => !_ofTheMachine.Contains(Label(alert, "slo"))).Select(
                alert => $"{Label(alert, "alertname")} {Label(alert, "slo")}"));
        static string? Label(JsonElement labels, string name) => labels.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    [Fact]
    public async Task The_table_of_metrics_is_what_is_scraped()
    {
        var families = Exposition.Families(await watched.Scrape()).Where(
            family =>
                family.Name.StartsWith("mcp_", StringComparison.Ordinal) || family.Name.StartsWith("container_", StringComparison.Ordinal));
        var rows = families.OrderBy(family => family.Name, StringComparer.Ordinal).Select(
            family =>
                new[] { $"`{family.Name}`", family.Type, string.Join(", ", family.Labels.Select(label => $"`{label}`")), family.Help });
        GeneratedText.Check("guide/monitoring.md", "metrics", GeneratedText.Table(["metric", "type", "labels", "what it is"], rows));
    }

    [Fact]
    public async Task The_tables_of_settings_and_events_are_the_server_s()
    {
        var help = (await Command.Run(Repository.Binary, "--help")).Succeeded();
        var settings = help.Split('\n').Select(line => line.Trim().Split(' ', 2, StringSplitOptions.TrimEntries))
            .Where(
                parts =>
                    parts is [var name, _] && (
                        name.StartsWith("MCP_METRICS", StringComparison.Ordinal) || name.StartsWith("MCP_LOG", StringComparison.Ordinal)
                            || name.StartsWith("MCP_AUDIT", StringComparison.Ordinal)
                                || name.StartsWith("MCP_TRACING", StringComparison.Ordinal)));
        GeneratedText.Check(
            "guide/monitoring.md", "settings",
            GeneratedText.Table(["variable", "meaning"], settings.Select(parts => new[] { $"`{parts[0]}`", parts[1] })));
        var events =
            Exposition.Values(await watched.Scrape(), "mcp_audit_records_total", "event_type").Where(name => name != "other")
                .Order(StringComparer.Ordinal);
        GeneratedText.Check("guide/monitoring.md", "events", string.Join('\n', events.Select(name => $"- `{name}`")));
    }

    [Fact]
    public async Task The_linter_has_nothing_to_say_but_about_the_guide_s_own_name()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["metrics"], await watched.Scrape(), TestContext.Current.CancellationToken);
        var lint = await Command.Run("sh", "-c", $"'{Deployment.Tool("promtool")}' check metrics < '{folder["metrics"]}'");
        Assert.Equal("mcp_containers_total non-counter metrics should not have \"_total\" suffix", (lint.Output + lint.Errors).Trim());
    }

    /// <summary>Elasticsearch refuses a line whose field is of another kind than that of the line before.</summary>
    [Fact]
    public void No_field_of_a_line_is_of_two_kinds()
    {
        var kinds = watched.LogLines.Concat(watched.AuditRecords).SelectMany(line => line.EnumerateObject()).Where(
            field => field.Value.ValueKind != JsonValueKind.Null)
            .GroupBy(
                field => field.Name, field => field.Value.ValueKind is JsonValueKind.False ? JsonValueKind.True : field.Value.ValueKind);
        Assert.All(kinds, field => Assert.True(field.Distinct().Count() == 1, $"{field.Key} is {string.Join(" or ", field.Distinct())}"));
    }

    private async Task<IReadOnlyList<JsonElement>> Rules() =>
        [.. (await watched.Prometheus.Get("api/v1/rules")).GetProperty("groups").EnumerateArray().SelectMany(
            group => group.GetProperty("rules").EnumerateArray())];

    private static bool IsAlert(JsonElement rule) => rule.GetProperty("type").GetString() == "alerting";

    private Task AllGiveData(IEnumerable<string> expressions) => AllGiveData(expressions, Promql.Outcome);

    private async Task AllGiveData(IEnumerable<string> expressions, Func<PrometheusServer, string, Task<string?>> outcome)
    {
        var asked = expressions.Distinct().ToList();
        Assert.NotEmpty(asked);
        var empty = new List<string>();
        foreach (var expression in asked)
        {
            if (await outcome(watched.Prometheus, expression) is null)
                empty.Add(expression);
        }
        Assert.True(empty.Count == 0, $"{empty.Count} of {asked.Count} expressions do not give what they should (data, or nothing where nothing is right):\n{string.Join('\n', empty)}");
    }
}
