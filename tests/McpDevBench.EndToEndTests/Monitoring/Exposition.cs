using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A metric family as a scrape shows it.</summary>
internal sealed record MetricFamily(string Name, string Type, string Help, IReadOnlyList<string> Labels);

/// <summary>A scrape in Prometheus's text format, taken apart.</summary>
internal static partial class Exposition
{
    public static IReadOnlyList<MetricFamily> Families(string scrape)
    {
        var lines = scrape.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var help = Comments(lines, "# HELP ");
        var type = Comments(lines, "# TYPE ");
        var labels = new Dictionary<string, SortedSet<string>>();
        foreach (var line in lines.Where(line => line[0] != '#'))
        {
            var sample = Sample().Match(line);
            var name = FamilyOf(sample.Groups[1].Value, type);
            var names = labels.TryGetValue(name, out var known) ? known : labels[name] = [];
            names.UnionWith(Label().Matches(sample.Groups[2].Value).Select(match => match.Groups[1].Value).Where(label => label != "le"));
        }
        return [.. help.Keys.Select(name => new MetricFamily(name, type[name], help[name], [.. labels.GetValueOrDefault(name, [])]))];
    }

    /// <summary>The values that a label has in a family.</summary>
    public static IReadOnlyList<string> Values(string scrape, string metric, string label) =>
        [.. Regex.Matches(scrape, $@"^{metric}\{{[^}}]*\b{label}=""([^""]*)""", RegexOptions.Multiline).Select(match => match.Groups[1].Value).Distinct()];

    private static Dictionary<string, string> Comments(IEnumerable<string> lines, string kind) => lines
        .Where(line => line.StartsWith(kind, StringComparison.Ordinal))
        .Select(line => line[kind.Length..].Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts.ElementAtOrDefault(1) ?? "");

    private static string FamilyOf(string sample, Dictionary<string, string> types) => types.ContainsKey(sample) ? sample : Suffix().Replace(sample, "");

    [GeneratedRegex(@"^(\w+)(?:\{(.*)\})? ")]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)=""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
