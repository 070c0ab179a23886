using System.Text.Json;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>What shows, on the running product, that a line of the guide is true.</summary>
internal sealed class GuideProof
{
    private static readonly Dictionary<string, string> _channelKeys = new()
    {
        ["Email"] = "email_configs",
        ["Slack"] = "slack_configs",
        ["PagerDuty"] = "pagerduty_configs",
        ["OpsGenie"] = "opsgenie_configs",
        ["Webhook"] = "webhook_configs",
    };

    /// <summary>An objective of the guide, and the shipped rule that says how far it is kept.</summary>
    private static readonly Dictionary<string, string> _objectiveRules = new()
    {
        ["Availability: 99.9% uptime"] = "availability",
        ["Latency: P95 < 100ms"] = "latency",
        ["Error Rate: < 0.1%"] = "error",
        ["Container Spawn Time: P95 < 5s"] = "spawn",
    };

    private readonly WatchedServer _watched;
    private readonly string _help;
    private readonly IReadOnlyList<MetricFamily> _families;
    private readonly IReadOnlyList<JsonElement> _log;
    private readonly IReadOnlyList<JsonElement> _audit;
    private readonly IReadOnlyList<JsonElement> _rules;
    private readonly string _alertmanager;

    private GuideProof(WatchedServer watched, string help, string scrape, IReadOnlyList<JsonElement> rules)
    {
        (_watched, _help, _rules) = (watched, help, rules);
        _families = Exposition.Families(scrape);
        (_log, _audit) = (watched.LogLines, watched.AuditRecords);
        _alertmanager = File.ReadAllText(Deployment.File("alertmanager/alertmanager.yml"));
    }

    public static async Task<GuideProof> Of(WatchedServer watched) => new(
        watched,
        (await Command.Run(Repository.Binary, "--help")).Succeeded(),
        await watched.Scrape(),
        [.. (await watched.Prometheus.Get("api/v1/rules")).GetProperty("groups").EnumerateArray().SelectMany(
            group => group.GetProperty("rules").EnumerateArray())]);

    /// <returns>What shows it, or null.</returns>
    public async Task<string?> Prove(GuideItem item) => item.Kind switch
    {
        GuideKind.Variable => _help.Contains($"  {item.Name} ", StringComparison.Ordinal) ? "listed by `--help`" : null,
        GuideKind.Address => await Answers(item.Name),
        GuideKind.File => WhoHas(item.Name),
        GuideKind.Metric => _families.FirstOrDefault(family => family.Name == item.Name) is { } family
            ? $"scraped: {family.Type}{(family.Labels.Count == 0 ? "" : $" by {string.Join(", ", family.Labels)}")}"
            : null,
        GuideKind.Query => await Promql.Outcome(_watched.Prometheus, item.Name),
        GuideKind.Condition => await Promql.OutcomeOfAlert(_watched.Prometheus, item.Name),
        GuideKind.LogLevel => _help.Split('\n').Single(line => line.TrimStart().StartsWith("MCP_LOG_LEVEL ", StringComparison.Ordinal))
            .Contains(item.Name, StringComparison.Ordinal) ? "a value of `MCP_LOG_LEVEL`" : null,
        GuideKind.LogField => FieldIn(_log, "message", "Container created", item.Name, "in the line «Container created»", "in the log"),
        GuideKind.AuditEvent => _audit.Any(record => record.GetProperty("event_type").GetString() == item.Name) ? "recorded" : null,
        GuideKind.AuditField =>
            FieldIn(_audit, "event_type", "container.spawn", item.Name, "in the record of a spawn", "in the audit"),
        GuideKind.Alert => RuleLike("alerting", name => name == item.Name) is null ? null : "a rule that Prometheus has loaded",
        GuideKind.Channel => _alertmanager.Contains(_channelKeys[item.Name], StringComparison.Ordinal)
            ? "a receiver in `deploy/alertmanager`"
            : null,
        _ => RuleLike("recording", name => name.Contains(_objectiveRules[item.Name], StringComparison.Ordinal)) is { } rule
            ? $"recorded as `{rule}`"
            : null,
    };

    /// <summary>Where a field is: in an entry whose <paramref name="key"/> has the value, or at least in another one.</summary>
    private static string? FieldIn(
        IReadOnlyCollection<JsonElement> entries, string key, string value, string field, string there, string elsewhere)
    {
        var having = entries.Where(entry => entry.TryGetProperty(field, out _)).ToList();
        if (having.Any(entry => entry.GetProperty(key).GetString() == value))
            return there;
        return having.Count > 0 ? elsewhere : null;
    }

    /// <summary>The name of a rule that Prometheus has loaded.</summary>
    private string? RuleLike(string type, Func<string, bool> isIt) => _rules.Where(rule => rule.GetProperty("type").GetString() == type)
        .Select(rule => rule.GetProperty("name").GetString()!).FirstOrDefault(isIt);

    /// <summary>The guide's two ports are the defaults; the test has others.</summary>
    private async Task<string?> Answers(string address)
    {
        var uri = new UriBuilder(address);
        (uri.Host, uri.Port) = ("127.0.0.1", uri.Port == 9090 ? _watched.MetricsPort : _watched.Server.Port);
        using var answer = await _watched.Server.Http.GetAsync(uri.Uri, TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode ? "answers 200" : null;
    }

    private static string? WhoHas(string path)
    {
        var files = Directory.EnumerateFiles(Deployment.File(""), "*", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains(path, StringComparison.Ordinal))
            .Select(file => $"`{Path.GetRelativePath(Repository.Root, file)}`").Order(StringComparer.Ordinal).ToList();
        return files.Count == 0 ? null : $"in {string.Join(", ", files)}";
    }
}
