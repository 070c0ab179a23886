namespace McpDevBench.LoadTests.Charts;

/// <summary>
/// How much room a text takes at most, roughly: whoever draws here has no font to ask, and whoever looks at it may have a wide one.
/// </summary>
internal static class TextWidth
{
    public static double Of(string text, double size) => size * text.Sum(Of);

    /// <summary>The text, or as much of it as fits.</summary>
    public static string Fit(string text, double size, double width)
    {
        if (Of(text, size) <= width)
            return text;
        var length = text.Length;
        while (length > 0 && Of(text[..length], size) + size > width)
            length--;
        return $"{text[..length].TrimEnd()}…";
    }

    private static double Of(char letter) => letter switch
    {
        'i' or 'j' or 'l' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or 'I' => 0.32,
        'f' or 'r' or 't' or ' ' or '(' or ')' or '[' or ']' or '/' or '-' or '"' => 0.4,
        'm' or 'w' or 'M' or 'W' or '@' or '%' or '…' => 0.92,
        >= 'A' and <= 'Z' => 0.7,
        _ => 0.62,
    };
}
