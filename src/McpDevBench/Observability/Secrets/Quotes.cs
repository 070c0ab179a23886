using System.Buffers;

namespace McpDevBench.Observability.Secrets;

/// <summary>Finds the quotes around a position. A quote may be escaped: JSON in JSON, a command in JSON.</summary>
internal static class Quotes
{
    /// <summary>What opened longer ago is not looked for.</summary>
    private const int Look = 256;

    private static readonly SearchValues<char> _quotes = SearchValues.Create("\"'`");

    public static bool IsQuote(char letter) => letter is '"' or '\'' or '`';

    /// <summary>A quote that is escaped more often than the first one is part of the value.</summary>
    /// <param name="oneLine">The end of the line ends it too.</param>
    public static int End(ReadOnlySpan<char> text, int start, char quote, int escapes, bool oneLine = false)
    {
        for (var at = start; ; at++)
        {
            var found = oneLine ? text[at..].IndexOfAny(quote, '\r', '\n') : text[at..].IndexOf(quote);
            if (found < 0)
                return text.Length;
            at += found;
            if (text[at] != quote)
                return at;
            var more = Escapes(text[start..at]);
            if (more <= escapes)
                return at - more;
        }
    }

    /// <summary>The quote that is open at <paramref name="at"/> on the same line. One directly before it wins.</summary>
    public static (char Quote, int Escapes)? Around(ReadOnlySpan<char> text, int at)
    {
        var seen = text[Math.Max(0, at - Look)..at];
        seen = seen[(seen.LastIndexOfAny('\r', '\n') + 1)..];
        if (seen is [.. var before, '"' or '\'' or '`'])
            return (seen[^1], Escapes(before));
        (char Quote, int Escapes)? open = null;
        for (var next = 0; ; next++)
        {
            var found = seen[next..].IndexOfAny(_quotes);
            if (found < 0)
                return open;
            next += found;
            var escapes = Escapes(seen[..next]);
            if (open is not { } opened)
                open = Opens(seen, next, escapes) ? (seen[next], escapes) : null;
            else if (seen[next] == opened.Quote && escapes <= opened.Escapes)
                open = null;
        }
    }

    /// <summary>Not the apostrophe in a word, and not the end of what was opened before the line began.</summary>
    private static bool Opens(ReadOnlySpan<char> text, int quote, int escapes)
    {
        var before = quote - escapes - 1;
        return (before < 0 || !char.IsLetterOrDigit(text[before])) && text[quote + 1] is not (' ' or '\t');
    }

    private static int Escapes(ReadOnlySpan<char> before) => before.Length - before.TrimEnd('\\').Length;
}
