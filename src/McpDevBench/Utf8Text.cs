using System.Text;

namespace McpDevBench;

/// <summary>Cutting text where characters end.</summary>
internal static class Utf8Text
{
    /// <summary>How many bytes to take, at most <paramref name="most"/>, so that no character is split (unless it is no UTF-8 anyway).</summary>
    public static int Cut(ReadOnlySpan<byte> content, int most) => content.Length <= most ? content.Length : most - Unfinished(content[..most]);

    /// <summary>Bytes at the end that are the beginning of a character: 0 to 3.</summary>
    public static int Unfinished(ReadOnlySpan<byte> content)
    {
        for (var back = 1; back <= Math.Min(3, content.Length); back++)
        {
            var value = content[^back];
            if ((value & 0xC0) == 0x80)
                continue;
            var needed = value switch { >= 0xF0 and < 0xF8 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            return value < 0xF8 && needed > back ? back : 0;
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

    public static string Decode(ReadOnlySpan<byte> content) => Encoding.UTF8.GetString(content);
}
