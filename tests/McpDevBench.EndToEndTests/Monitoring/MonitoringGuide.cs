using System.Text.Json;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The specification that the product's observability was ordered with, taken apart. Every name in it is a contract.</summary>
internal static partial class MonitoringGuide
{
    public static string Text { get; } = File.ReadAllText(
        Path.Combine(Repository.Root, "tests", "McpDevBench.EndToEndTests", "Monitoring", "monitoring-guide.md"));

    /// <summary>Everything in it that can be held to, in its order.</summary>
    public static IReadOnlyList<GuideItem> Items { get; } = [.. Read().Distinct()];

    public static IEnumerable<string> Of(GuideKind kind) => Items.Where(item => item.Kind == kind).Select(item => item.Name);

    private static IEnumerable<GuideItem> Read()
    {
        foreach (var section in Sections().Split(Text).Skip(1))
        {
            var title = section.AsSpan(0, section.IndexOf('\n')).Trim().ToString();
            foreach (var item in Variables(section).Concat(Addresses(section)).Concat(title switch
            {
                "Available Metrics" => Bullets(section, GuideKind.Metric),
                "Audit Events" => Bullets(section, GuideKind.AuditEvent),
                "Log Levels" => Bold().Matches(section).Select(match => new GuideItem(GuideKind.LogLevel, match.Groups[1].Value)),
                "Log Format" or "Correlation IDs" => Fields(section, GuideKind.LogField),
                "Audit Format" => Fields(section, GuideKind.AuditField),
                "Notification Channels" => PlainBullets().Matches(section).Select(
                    match => new GuideItem(GuideKind.Channel, match.Groups[1].Value)),
                "SLIs/SLOs" => Objectives().Matches(section).Select(
                    match => new GuideItem(GuideKind.Objective, $"{match.Groups[1].Value}: {match.Groups[2].Value}")),
                _ => [],
            }).Concat(Queries(section)).Concat(YamlExpression().Matches(section).Select(match =>
                new GuideItem(GuideKind.Condition, match.Groups[1].Value))).Concat(Alerts().Matches(section).Select(match =>
                    new GuideItem(GuideKind.Alert, match.Groups[1].Value))))
                yield return item;
        }
    }

    private static IEnumerable<GuideItem> Variables(string section) =>
        Variable().Matches(section).Select(match => new GuideItem(GuideKind.Variable, match.Value));

    /// <summary>The server's own: its two ports, the health paths, and the files it writes.</summary>
    private static IEnumerable<GuideItem> Addresses(string section) =>
        OwnAddress().Matches(section).Select(match => new GuideItem(GuideKind.Address, match.Value))
            .Concat(
                ProbePath().Matches(section).Select(
                    match => new GuideItem(GuideKind.Address, $"http://localhost:{match.Groups[2].Value}{match.Groups[1].Value}")))
            .Concat(OwnFile().Matches(section).Select(match => new GuideItem(GuideKind.File, match.Value)));

    private static IEnumerable<GuideItem> Bullets(string section, GuideKind kind) =>
        CodeBullets().Matches(section).Select(match => new GuideItem(kind, match.Groups[1].Value));

    private static IEnumerable<GuideItem> Fields(string section, GuideKind kind)
    {
        foreach (Match block in JsonBlock().Matches(section))
        {
            using var document = JsonDocument.Parse(block.Groups[1].Value);
            foreach (var member in document.RootElement.EnumerateObject())
                yield return new GuideItem(kind, member.Name);
        }
    }

    /// <summary>Query blocks, and the expressions of the dashboard's JSON.</summary>
    private static IEnumerable<GuideItem> Queries(string section) =>
        PromqlBlock().Matches(section).SelectMany(
            match => match.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Concat(JsonExpression().Matches(section).Select(match => match.Groups[1].Value))
            .Select(expression => new GuideItem(GuideKind.Query, expression));

    [GeneratedRegex(@"^#{2,3} ", RegexOptions.Multiline)]
    private static partial Regex Sections();

    [GeneratedRegex(@"\bMCP_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"http://localhost:\d+/[a-z/]+")]
    private static partial Regex OwnAddress();

    [GeneratedRegex(@"path: (/health/\w+)\s+port: (\d+)")]
    private static partial Regex ProbePath();

    [GeneratedRegex(@"/var/log/mcp-devbench/[\w*.]+")]
    private static partial Regex OwnFile();

    [GeneratedRegex(@"^- `([\w.]+)`", RegexOptions.Multiline)]
    private static partial Regex CodeBullets();

    [GeneratedRegex(@"^- ([A-Z]\w+)$", RegexOptions.Multiline)]
    private static partial Regex PlainBullets();

    [GeneratedRegex(@"^- \*\*([A-Z]+)\*\*", RegexOptions.Multiline)]
    private static partial Regex Bold();

    [GeneratedRegex(@"^- \*\*([\w ]+):\*\* (.+)$", RegexOptions.Multiline)]
    private static partial Regex Objectives();

    [GeneratedRegex(@"^- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alerts();

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex("```promql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PromqlBlock();

    [GeneratedRegex("\"expr\": \"(.+)\"")]
    private static partial Regex JsonExpression();

    [GeneratedRegex(@"^\s+expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex YamlExpression();
}
