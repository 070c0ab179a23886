namespace McpDevBench.Files;

/// <summary>Refuses patterns that cannot match because every line is searched by itself.</summary>
internal static class SearchPattern
{
    /// <exception cref="RefusalException">invalid_argument.</exception>
    public static void Check(string pattern, bool literal)
    {
        if (!pattern.Contains('\n') && (literal || !HasNewlineEscape(pattern)))
            return;
        throw new RefusalException(
            RefusalCode.InvalidArgument, "The pattern contains a newline, and every line is searched by itself.",
            "Search for one of the lines, with context for the lines around it; for text across lines use exec with a tool of the image.");
    }

    private static bool HasNewlineEscape(string pattern)
    {
        for (var i = 0; i + 1 < pattern.Length; i++)
        {
            if (pattern[i] != '\\')
                continue;
            if (pattern[++i] == 'n')
                return true;
        }
        return false;
    }
}
