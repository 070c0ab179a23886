using System.Buffers;
using System.Text;

namespace McpDevBench.Vocabulary;

/// <summary>Cutting text where characters end.</summary>
internal static class Utf8Text
{
    // \u001b
    private const int EscapedControl = 6;

    /// <summary>How many bytes to take, at most <paramref name="most"/>, so that no character is split (unless it is no UTF-8 anyway).</summary>
    public static int Cut(ReadOnlySpan<byte> content, int most) => content.Length <= most ? content.Length : most - Unfinished(content[..most]);

    /// <summary>Bytes at the end that begin a character and may still become one: 0 to 3.</summary>
    public static int Unfinished(ReadOnlySpan<byte> content)
    {
        for (var back = 1; back <= Math.Min(3, content.Length); back++)
        {
            if ((content[^back] & 0xC0) != 0x80)
                return Rune.DecodeFromUtf8(content[^back..], out _, out _) == OperationStatus.NeedMoreData ? back : 0;
        }
        return 0;
    }

    /// <summary>Bytes at the beginning that go on with a character from before: 0 to 3.</summary>
    public static int Continuation(ReadOnlySpan<byte> content)
    {
        var count = 0;
        while (count < 3 && count < content.Length && (content[count] & 0xC0) == 0x80)
            count++;
        return count;
    }

    /// <summary>How many characters to take, at most <paramref name="mostBytes"/> in UTF-8, so that no pair is split.</summary>
    public static int Cut(ReadOnlySpan<char> text, int mostBytes)
    {
        if (text.Length <= mostBytes / 3)
            return text.Length;
        var bytes = 0;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            bytes += rune.Utf8SequenceLength;
            if (bytes > mostBytes)
                return at;
            at += length;
        }
        return text.Length;
    }

    /// <summary>The end of a text, at most <paramref name="maxBytes"/> in UTF-8, beginning with a whole character.</summary>
    public static ReadOnlySpan<char> Last(ReadOnlySpan<char> text, int maxBytes)
    {
        var bytes = 0;
        for (var at = text.Length; at > 0;)
        {
            Rune.DecodeLastFromUtf16(text[..at], out var rune, out var length);
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
                return text[at..];
            at -= length;
        }
        return text;
    }

    /// <summary>The beginning of a text that takes up at most <paramref name="maxBytes"/> in an answer, one character at least.</summary>
    public static ReadOnlySpan<char> FirstThatFit(ReadOnlySpan<char> text, long maxBytes)
    {
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            maxBytes -= SizeOf(rune);
            if (maxBytes < 0 && at > 0)
                return text[..at];
            at += length;
        }
        return text;
    }

    /// <summary>The end of a text that takes up at most <paramref name="maxBytes"/> in an answer.</summary>
    public static ReadOnlySpan<char> LastThatFit(ReadOnlySpan<char> text, long maxBytes)
    {
        for (var at = text.Length; at > 0;)
        {
            Rune.DecodeLastFromUtf16(text[..at], out var rune, out var length);
            maxBytes -= SizeOf(rune);
            if (maxBytes < 0)
                return text[at..];
            at -= length;
        }
        return text;
    }

    /// <summary>Bytes of text in an answer. Control characters are escaped there, but for tabs and line ends.</summary>
    public static long Size(ReadOnlySpan<char> text)
    {
        long size = Encoding.UTF8.GetByteCount(text);
        foreach (var character in text)
        {
            if (IsEscaped(character))
                size += EscapedControl - 1;
        }
        return size;
    }

    private static int SizeOf(Rune rune) => rune.IsBmp && IsEscaped((char)rune.Value) ? EscapedControl : rune.Utf8SequenceLength;

    private static bool IsEscaped(char character) => character < ' ' && character is not ('\t' or '\n' or '\r');

    public static string Decode(ReadOnlySpan<byte> content) => Encoding.UTF8.GetString(content);
}
