using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The queries of a page: each block of <c>promql</c> is one.</summary>
internal static partial class MarkdownQueries
{
    public static IEnumerable<string> Of(string markdown) => Block().Matches(markdown).Select(match => match.Groups[1].Value.Trim());

    [GeneratedRegex("```promql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
