using McpDevBench.Execs;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

/// <summary>The argument <c>grep</c> of tools that read output.</summary>
internal static class GrepArgument
{
    /// <summary>Before anything is sent or waited for.</summary>
    public static void Check(string? grep)
    {
        if (grep is null)
            return;
        if (SearchPattern.NeedsNewline(grep))
            throw new RequestException(
                ErrorCode.InvalidArgument, "grep contains a newline, and every line is matched by itself.",
                "Match one of the lines, or read the output without grep.");
        LinePattern.Check(grep);
    }

    /// <summary>Why a pattern may have matched nothing; null if there is nothing to say.</summary>
    public static string? Note(string? grep)
    {
        if (grep is null)
            return null;
        var spans = SearchPattern.MaySpanLines(grep)
            ? "Every line is matched by itself, so grep matches nothing across lines"
            : null;
        return string.Join(". ", ((string?[])[PatternDialect.Misunderstanding(grep), spans]).OfType<string>()) is { Length: > 0 } note
            ? note + "."
            : null;
    }
}
