using System.Buffers;

namespace McpDevBench.Observability.Secrets;

/// <summary>What comes after the words Bearer and Basic, as in the Authorization header, wherever they are.</summary>
internal static class HttpCredentials
{
    private const string Bearer = "bearer", Basic = "basic";

    /// <summary>Shorter than any token that protects something.</summary>
    private const int MinTokenLength = 6;

    /// <summary>Longer than the words that follow bearer in a sentence.</summary>
    private const int MaxWordLength = 15;

    /// <summary>As much of a token is looked at before it is called one.</summary>
    private const int Look = 64;

    private static readonly SearchValues<char> _token = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-");
    private static readonly SearchValues<char> _capitals = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789=");

    public static IReadOnlyList<string> Beginnings { get; } = [Bearer, Basic];

    public static (int Start, int End)? At(ReadOnlySpan<char> text, int at)
    {
        var isBearer = text[at..].StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
        if (!isBearer && !text[at..].StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
            return null;
        var start = at + (isBearer ? Bearer.Length : Basic.Length);
        var blanks = text[start..].IndexOfAnyExcept(' ', '\t');
        if (blanks <= 0)
            return null;
        start += blanks;
        var rest = text[start..];
        var length = rest[..Math.Min(rest.Length, Look)].IndexOfAnyExcept(_token);
        var seen = rest[..(length < 0 ? Math.Min(rest.Length, Look) : length)];
        if (isBearer ? !IsToken(seen) : !IsBase64(seen))
            return null;
        length = rest.IndexOfAnyExcept(_token);
        return (start, length < 0 ? text.Length : start + length);
    }

    private static bool IsToken(ReadOnlySpan<char> text) =>
        text.Length > MaxWordLength || (text.Length >= MinTokenLength && IsUnlikeAWord(text));

    /// <summary>User and password are one text in base64, which fills groups of four.</summary>
    private static bool IsBase64(ReadOnlySpan<char> text) =>
        text.Length >= MinTokenLength && (text.Length == Look || text.Length % 4 == 0) && IsUnlikeAWord(text);

    /// <summary>Digits, or capitals elsewhere than at the beginning.</summary>
    private static bool IsUnlikeAWord(ReadOnlySpan<char> text) => text.ContainsAny(_digits) || text[1..].ContainsAny(_capitals);
}
