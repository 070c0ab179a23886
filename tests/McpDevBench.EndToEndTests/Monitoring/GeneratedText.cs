using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>
/// Parts of the documentation that are written by the running server: between <c>generated: NAME</c> and <c>end</c>, as comments.
/// </summary>
internal static class GeneratedText
{
    /// <summary>Fails if a document does not say what it should, unless the documents are being brought up to date.</summary>
    /// <param name="document">Its path in docs.</param>
    public static void Check(string document, string name, string text)
    {
        var file = Path.Combine(Repository.Root, "docs", document);
        var present = File.ReadAllText(file);
        var place = new Regex($"(<!-- generated: {Regex.Escape(name)} -->\n).*?(<!-- end -->)", RegexOptions.Singleline);
        Assert.True(place.IsMatch(present), $"docs/{document} has no place for '{name}'.");
        var wanted = place.Replace(present, match => $"{match.Groups[1].Value}{text.TrimEnd('\n')}\n{match.Groups[2].Value}");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "true")
            File.WriteAllText(file, wanted);
        else
            Assert.True(wanted == present, $"docs/{document} does not say what the server does about '{name}'. If that is meant, run this test once with UPDATE_SNAPSHOTS=true and review the difference. It should be:\n{text}");
    }

    /// <summary>A Markdown table.</summary>
    public static string Table(IEnumerable<string> header, IEnumerable<IEnumerable<string>> rows)
    {
        var columns = header.ToList();
        return string.Join('\n', new[] { Row(columns), Row(columns.Select(_ => "---")) }.Concat(rows.Select(Row)));

        static string Row(IEnumerable<string> cells) =>
            $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |";
    }
}
