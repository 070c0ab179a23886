using System.Buffers;
using System.Text;

namespace McpDevBench.Vocabulary;

/// <summary>Bytes that text takes within a JSON string, as answers write it: a control character takes six.</summary>
internal static class JsonSize
{
    // \n and \u001b
    private const int ShortEscape = 2, LongEscape = 6;

    private static readonly SearchValues<char> _escaped = SearchValues.Create(
        [.. "\"\\\u2028\u2029\uFEFF", .. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(char.IsControl)]);

    public static int Of(ReadOnlySpan<char> text)
    {
        var (bytes, shortEscapes) = Count(text);
        return bytes + shortEscapes;
    }

    /// <summary>
    /// What text takes of a bound on an answer: its bytes, and six for a control character. Line ends and quotes are free up to a quarter
    /// of that, so the JSON is at most a quarter larger than the bound.
    /// </summary>
    public static long Charge(ReadOnlySpan<char> text)
    {
        var (bytes, shortEscapes) = Count(text);
        return Math.Max(bytes, ((4L * (bytes + shortEscapes)) + 4) / 5);
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{char})"/>
    public static int Of(Rune rune)
    {
        if (!rune.IsBmp || !_escaped.Contains((char)rune.Value))
            return rune.Utf8SequenceLength;
        return IsShort((char)rune.Value) ? ShortEscape : LongEscape;
    }

    /// <summary>The first characters whose JSON takes at most <paramref name="maxBytes"/>.</summary>
    public static ReadOnlySpan<byte> First(ReadOnlySpan<byte> content, long maxBytes)
    {
        for (var at = 0; at < content.Length;)
        {
            Rune.DecodeFromUtf8(content[at..], out var rune, out var length);
            maxBytes -= Of(rune);
            if (maxBytes < 0)
                return content[..at];
            at += length;
        }
        return content;
    }

    /// <summary>The last characters whose JSON takes at most <paramref name="maxBytes"/>.</summary>
    public static ReadOnlySpan<byte> Last(ReadOnlySpan<byte> content, long maxBytes)
    {
        for (var at = content.Length; at > 0;)
        {
            Rune.DecodeLastFromUtf8(content[..at], out var rune, out var length);
            maxBytes -= Of(rune);
            if (maxBytes < 0)
                return content[at..];
            at -= length;
        }
        return content;
    }

    /// <returns>Bytes, with long escapes as such, and the number of short ones, which take one byte more.</returns>
    private static (int Bytes, int ShortEscapes) Count(ReadOnlySpan<char> text)
    {
        var (bytes, shortEscapes) = (Encoding.UTF8.GetByteCount(text), 0);
        for (int at; (at = text.IndexOfAny(_escaped)) >= 0; text = text[(at + 1)..])
        {
            if (IsShort(text[at]))
                shortEscapes++;
            else
                bytes += LongEscape - new Rune(text[at]).Utf8SequenceLength;
        }
        return (bytes, shortEscapes);
    }

    private static bool IsShort(char character) => character is '"' or '\\' or '\n' or '\r' or '\t' or '\b' or '\f';
}
