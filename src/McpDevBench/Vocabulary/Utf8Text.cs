using System.Buffers;
using System.Text;

namespace McpDevBench.Vocabulary;

/// <summary>Cutting text where characters end.</summary>
internal static class Utf8Text
{
    /// <summary>How many bytes to take, at most <paramref name="maxBytes"/>, so that no character of valid UTF-8 is split.</summary>
    public static int Cut(ReadOnlySpan<byte> content, int maxBytes) =>
        content.Length <= maxBytes ? content.Length : maxBytes - Unfinished(content[..maxBytes]);

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

    /// <summary>How many characters to take, at most <paramref name="maxBytes"/> in UTF-8, so that no pair is split.</summary>
    public static int Cut(ReadOnlySpan<char> text, int maxBytes)
    {
        if (text.Length <= maxBytes / 3)
            return text.Length;
        var bytes = 0;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
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
            maxBytes -= JsonSize.Of(rune);
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
            maxBytes -= JsonSize.Of(rune);
            if (maxBytes < 0)
                return text[at..];
            at -= length;
        }
        return text;
    }

    public static string Decode(ReadOnlySpan<byte> content) => Encoding.UTF8.GetString(content);
}
