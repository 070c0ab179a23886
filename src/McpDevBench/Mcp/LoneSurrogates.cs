namespace McpDevBench.Mcp;

/// <summary>Half a character, such as <c>\ud800</c>: legal in JSON, but not in a text of .NET or in UTF-8.</summary>
internal static class LoneSurrogates
{
    /// <param name="json">JSON as text: with escapes.</param>
    public static bool InJson(ReadOnlySpan<char> json)
    {
        for (var at = 0; at < json.Length;)
        {
            var found = json[at..].IndexOf('\\');
            if (found < 0 || at + found + 1 >= json.Length)
                return false;
            at += found;
            if (json[at + 1] != 'u')
            {
                at += 2;
                continue;
            }
            var first = Unit(json[at..]);
            at += 6;
            if (!char.IsSurrogate(first))
                continue;
            if (char.IsLowSurrogate(first) || !char.IsLowSurrogate(Unit(json[Math.Min(at, json.Length)..])))
                return true;
            at += 6;
        }
        return false;
    }

    /// <returns>What the escape at the beginning stands for; NUL if none is there.</returns>
    private static char Unit(ReadOnlySpan<char> json) =>
        json.Length >= 6 && json[0] == '\\' && json[1] == 'u'
        && ushort.TryParse(json[2..6], System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var unit) ? (char)unit : '\0';
}
