using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A label's condition; <see cref="Values"/> are the words that it names, without those that are patterns.</summary>
internal sealed record Matcher(string Label, IReadOnlyList<string> Values);

/// <summary>A metric that a query asks for.</summary>
internal sealed record Selector(string Metric, IReadOnlyList<Matcher> Matchers);

/// <summary>The names in a query. Whether it is one, promtool says.</summary>
internal sealed partial class PromQuery
{
    private static readonly string[] _words = ["and", "or", "unless", "bool", "group_left", "group_right"];

    public PromQuery(string query)
    {
        Grouping = [.. Clause().Matches(query).SelectMany(
            clause =>
                clause.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        var names = Name().Matches(Range().Replace(Clause().Replace(query, " "), " "));
        Selectors = [.. names.Where(name => !_words.Contains(name.Groups[1].Value)).Select(
            name => new Selector(name.Groups[1].Value, Read(name.Groups[2].Value)))];
    }

    public IReadOnlyList<Selector> Selectors { get; }

    /// <summary>The labels that it groups or matches by.</summary>
    public IReadOnlyList<string> Grouping { get; }

    private static Matcher[] Read(string braces) =>
        [.. Condition().Matches(braces).Select(
            condition =>
                new Matcher(condition.Groups[1].Value, [.. condition.Groups[2].Value.Split('|').Where(value => Word().IsMatch(value))]))];

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Clause();

    [GeneratedRegex(@"\[[^\]]*\]|\boffset\s+\w+")]
    private static partial Regex Range();

    // Not in a word, a number or a string; not a function.
    [GeneratedRegex(@"(?<![\w:.""/-])([a-zA-Z_:][\w:]*)(?![\w:]*\s*\()\s*(\{[^}]*\})?")]
    private static partial Regex Name();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)\s*""([^""]*)""")]
    private static partial Regex Condition();

    [GeneratedRegex(@"^[\w/.-]+$")]
    private static partial Regex Word();
}
