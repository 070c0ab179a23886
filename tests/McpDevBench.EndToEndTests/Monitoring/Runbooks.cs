using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The runbooks of the alerts as the page that Prometheus serves, made from their sections in docs/guide/monitoring.md.</summary>
internal static partial class Runbooks
{
    /// <summary>The page's path in deploy.</summary>
    public const string Page = "prometheus/consoles/runbooks.html";

    private const string Prefix = "#### Alert ";

    public static string Render()
    {
        var page = new StringBuilder("""
            <!doctype html>
            <!-- Made from docs/guide/monitoring.md by RunbookTests with UPDATE_SNAPSHOTS=true. -->
            <html lang="en">

            """
            + "<head><meta charset=\"utf-8\"><title>MCP DevBench runbooks</title>"
            + "<style>body { max-width: 50rem; margin: 2rem auto; font-family: sans-serif; line-height: 1.5 }</style></head>\n"
            + "<body>\n<h1>MCP DevBench runbooks</h1>\n");
        foreach (var (alert, text) in Sections())
        {
            page.Append($"<h2 id=\"alert-{alert.ToLowerInvariant()}\">{alert}</h2>\n");
            foreach (var paragraph in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                page.Append($"<p>{Inline(paragraph)}</p>\n");
        }
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>Each alert's name and the Markdown below its heading.</summary>
    private static IEnumerable<(string Alert, string Text)> Sections()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "guide", "monitoring.md"));
        foreach (var part in guide.Split('\n' + Prefix)[1..])
        {
            var end = part.IndexOf("\n#", StringComparison.Ordinal);
            var section = end < 0 ? part : part[..end];
            var line = section.IndexOf('\n', StringComparison.Ordinal);
            yield return (section[..line].Trim(), section[line..]);
        }
    }

    /// <summary>Code spans become code, links become their text: their targets are other files of the repository.</summary>
    private static string Inline(string markdown) =>
        Code().Replace(Link().Replace(WebUtility.HtmlEncode(markdown), "$1"), "<code>$1</code>");

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
