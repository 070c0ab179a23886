namespace McpDevBench.Vocabulary;

/// <summary>Shortens a text for a message: its beginning and an ellipsis.</summary>
internal static class Truncation
{
    private const int DefaultLength = 80;

    /// <param name="maxLength">In characters; no surrogate pair is split.</param>
    public static string ToLength(string text, int maxLength = DefaultLength)
    {
        if (text.Length <= maxLength)
            return text;
        var length = char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength;
        return $"{text.AsSpan(0, length)}…";
    }

    /// <param name="maxBytes">In UTF-8; no character is split.</param>
    public static string ToBytes(string text, int maxBytes)
    {
        var length = Utf8Text.Cut(text, maxBytes);
        return length == text.Length ? text : $"{text.AsSpan(0, length)}…";
    }
}
