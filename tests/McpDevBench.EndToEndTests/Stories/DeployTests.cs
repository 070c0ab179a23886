using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Monitoring;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Rules, alerts and who hears of them, judged by Prometheus's and Alertmanager's own tools.</summary>
public sealed class DeployTests
{
    private const string Down = "McpDevBenchDown";

    private static readonly string[] _severities = ["page", "ticket"];

    private static readonly string[] _guidesAlerts = ["HighErrorRate", "TooManyContainers", "HighMemoryUsage"];

    public static TheoryData<string> RuleTests() =>
        [.. Deployment.Files("prometheus/tests", "*.yml").Select(file => Path.GetFileName(file)!)];

    private static IEnumerable<JsonNode> Alerts => Deployment.Rules.Where(rule => rule["alert"] is not null);

    [Fact]
    public async Task Prometheus_takes_its_configuration_and_the_rules()
    {
        Assert.Contains(
            $"{Deployment.Files("prometheus/rules", "*.yml").Length} rule files found",
            await Deployment.Promtool("check", "config", "--lint=all", "--lint-fatal", Deployment.File("prometheus/prometheus.yml")),
            StringComparison.Ordinal);
        await Deployment.Promtool(["check", "rules", "--lint=all", "--lint-fatal", .. Deployment.Files("prometheus/rules", "*.yml")]);
    }

    [Theory]
    [MemberData(nameof(RuleTests))]
    public async Task The_rules_do_what_their_tests_say(string file) =>
        await Deployment.Promtool("test", "rules", Deployment.File($"prometheus/tests/{file}"));

    [Fact]
    public void Every_alert_is_tested_firing_and_not_firing()
    {
        var cases = Deployment.Files("prometheus/tests", "*.yml").Select(Deployment.Read)
            .SelectMany(file => file["tests"]!.AsArray())
            .SelectMany(test => test!["alert_rule_test"]?.AsArray() ?? [])
            .ToLookup(test => (string)test!["alertname"]!, test => test!["exp_alerts"]!.AsArray().Count > 0);
        Assert.All(Alerts.Select(alert => (string)alert["alert"]!), alert =>
        {
            Assert.Contains(true, cases[alert]);
            Assert.Contains(false, cases[alert]);
        });
    }

    [Fact]
    public void Every_alert_says_what_it_is_how_much_it_is_and_where_to_read_on()
    {
        Assert.Superset(_guidesAlerts.ToHashSet(), Alerts.Select(alert => (string)alert["alert"]!).ToHashSet());
        Assert.All(Alerts, alert =>
        {
            Assert.Contains((string)alert["labels"]!["severity"]!, _severities);
            Assert.Equal("mcp-devbench", (string)alert["labels"]!["service"]!);
            Assert.NotEmpty((string)alert["annotations"]!["summary"]!);
            Assert.Contains("$value", (string)alert["annotations"]!["description"]!, StringComparison.Ordinal);
            Assert.Equal(
                $"{{{{ $externalURL }}}}/consoles/runbooks.html#alert-{((string)alert["alert"]!).ToLowerInvariant()}",
                (string)alert["annotations"]!["runbook_url"]!);
        });
    }

    [Fact]
    public async Task Alertmanager_takes_its_configuration_with_all_five_kinds_of_receiver_and_no_secret_in_it()
    {
        await Deployment.Amtool("check-config", Deployment.File("alertmanager/alertmanager.yml"));
        var configuration = Deployment.Read("alertmanager/alertmanager.yml");
        var kinds = configuration["receivers"]!.AsArray().SelectMany(
            receiver => receiver!.AsObject().Select(property => property.Key)).Where(key => key != "name");
        Assert.Equal(["email_configs", "opsgenie_configs", "pagerduty_configs", "slack_configs", "webhook_configs"], kinds.Order());
        var secrets = Settings(configuration).Where(setting => setting.Name.EndsWith("_file", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, secrets.Count);
        Assert.All(secrets, secret => Assert.StartsWith("/etc/alertmanager/secrets/", secret.Value, StringComparison.Ordinal));
        Assert.DoesNotContain(Settings(configuration), setting => setting.Name is "smtp_auth_password" or "api_url" or "slack_api_url" or "api_key" or "opsgenie_api_key" or "routing_key" or "service_key" or "credentials");
    }

    [Theory]
    [InlineData("webhook,pagerduty,opsgenie,slack", "severity=page")]
    [InlineData("webhook,slack,email", "severity=ticket")]
    [InlineData("webhook,slack,email", "severity=unheard-of")]
    [InlineData("webhook,slack,email", "alertname=WithoutSeverity")]
    public async Task An_alert_goes_to_those_whom_it_concerns(string receivers, string label) =>
        await Deployment.Amtool(
            "config", "routes", "test", "--config.file", Deployment.File("alertmanager/alertmanager.yml"), "--verify.receivers", receivers,
            label, "service=mcp-devbench");

    [Fact]
    public async Task A_cause_silences_its_consequences_and_nothing_else()
    {
        // Nobody is told within an hour; what inhibits what is decided at once.
        await using var alertmanager = await AlertmanagerProcess.Start(
            AlertmanagerProcess.Shipped.Replace("group_wait: 30s", "group_wait: 1h").Replace("group_wait: 10s", "group_wait: 1h"));
        await alertmanager.Fire(
            Alert("ErrorBudgetBurnFast", "page", ("slo", "errors")),
            Alert("ErrorBudgetBurnSlow", "ticket", ("slo", "errors")),
            Alert("HighErrorRate", "ticket", ("slo", "errors")),
            Alert("ErrorBudgetBurnSlow", "ticket", ("slo", "latency")),
            Alert("AuditRecordsDropped", "page"),
            Alert("TooManyContainers", "ticket"),
            Alert("DockerUnavailable", "page", ("instance", "a")),
            Alert("McpDevBenchNotReady", "page", ("instance", "a")));
        await Heard(
            alertmanager, "AuditRecordsDropped", "DockerUnavailable", "ErrorBudgetBurnFast", "ErrorBudgetBurnSlow", "TooManyContainers");

        await alertmanager.Fire(
            Alert(Down, "page"), new JsonObject { ["alertname"] = "Another", ["severity"] = "ticket", ["service"] = "another" });
        await Heard(alertmanager, "Another", Down);
    }

    private static Task Heard(AlertmanagerProcess alertmanager, params string[] expected) => Deadline.Until(
        async () => (await alertmanager.Heard()).SequenceEqual(expected), $"just {string.Join(", ", expected)} are heard");

    private static JsonObject Alert(string name, string severity, params (string Name, string Value)[] labels) =>
        new(labels.Select(label => KeyValuePair.Create(label.Name, (JsonNode?)label.Value))) { ["alertname"] = name, ["severity"] = severity, ["service"] = "mcp-devbench" };

    private static IEnumerable<(string Name, string Value)> Settings(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(
            member => member.Value is JsonValue value ? [(member.Key, value.ToString())] : Settings(member.Value)),
        JsonArray items => items.SelectMany(Settings),
        _ => [],
    };
}
