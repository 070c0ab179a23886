using System.Text.RegularExpressions;

namespace McpDevBench.Files;

/// <summary>What a pattern asks for across lines: every line is searched by itself.</summary>
internal static partial class SearchPattern
{
    private enum Newline
    {
        None,

        /// <summary>It can match without one: a newline among others, an alternative, or repeated from zero times.</summary>
        Possible,
        Needed,
    }

    /// <exception cref="RequestException">invalid_argument: it needs a newline, and could never match.</exception>
    public static void Check(string pattern, bool literal)
    {
        if (literal ? !pattern.Contains('\n') : !NeedsNewline(pattern))
            return;
        throw new RequestException(
            ErrorCode.InvalidArgument, "The pattern contains a newline, and every line is searched by itself.",
            "Search for one of the lines, with context for the lines around it; for text across lines use exec with a tool of the image.");
    }

    /// <summary>Whether a regular expression matches no text without a newline.</summary>
    public static bool NeedsNewline(string pattern) => NewlineIn(pattern) == Newline.Needed;

    /// <summary>Whether a regular expression is written to match across lines, which it does not do here.</summary>
    public static bool MaySpanLines(string pattern) => NewlineIn(pattern) != Newline.None || SpanPattern().IsMatch(pattern);

    private static Newline NewlineIn(string pattern)
    {
        var (found, inClass, isNegated) = (Newline.None, false, false);
        var canDoWithout = pattern.Contains("(?!", StringComparison.Ordinal) || pattern.Contains("(?<!", StringComparison.Ordinal);
        for (var i = 0; i < pattern.Length; i++)
        {
            var length = NewlineAt(pattern.AsSpan(i));
            if (length > 0 && !(inClass && isNegated))
            {
                var isOptional = inClass || IsOptional(pattern.AsSpan(i + length));
                found = isOptional && found != Newline.Needed ? Newline.Possible : Newline.Needed;
            }
            if (pattern[i] == '\\')
                i += Math.Max(1, length - 1);
            else if (inClass)
                inClass = pattern[i] != ']';
            else if (pattern[i] == '[')
                (inClass, isNegated) = (true, i + 1 < pattern.Length && pattern[i + 1] == '^');
            else
                canDoWithout |= pattern[i] == '|' || (pattern[i] == ')' && IsOptional(pattern.AsSpan(i + 1)));
        }
        return canDoWithout && found == Newline.Needed ? Newline.Possible : found;
    }

    /// <summary>Characters of a newline, or of an escape for one; 0 for anything else.</summary>
    private static int NewlineAt(ReadOnlySpan<char> pattern)
    {
        if (pattern[0] == '\n')
            return 1;
        foreach (var escape in (ReadOnlySpan<string>)["\\n", "\\x0a", "\\u000a", "\\cJ", "\\012"])
        {
            if (pattern.StartsWith(escape, StringComparison.OrdinalIgnoreCase) && pattern[1] != 'N' && pattern[1] != 'X')
                return escape.Length;
        }
        return 0;
    }

    private static bool IsOptional(ReadOnlySpan<char> rest) =>
        rest.StartsWith("?") || rest.StartsWith("*") || rest.StartsWith("{0,");

    /// <summary>Two opposite classes together, which is any character; or "." that matches a newline too.</summary>
    [GeneratedRegex(
        @"\[[^\]]*(?:\\s[^\]]*\\S|\\S[^\]]*\\s|\\d[^\]]*\\D|\\D[^\]]*\\d|\\w[^\]]*\\W|\\W[^\]]*\\w)|\(\?[imnx]*s[imnsx]*[-:)]")]
    private static partial Regex SpanPattern();
}
