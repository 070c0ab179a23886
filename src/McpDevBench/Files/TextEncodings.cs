using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace McpDevBench.Files;

/// <summary>The text encodings that files are read and written in: <c>utf8</c>, <c>latin1</c> and <c>windows-1252</c>; and <c>base64</c> for bytes.</summary>
internal static class TextEncodings
{
    public const string Utf8Name = "utf8", Latin1Name = "latin1", Windows1252Name = "windows-1252", Base64Name = "base64";

    // More control characters than this share of the bytes, and the content is binary.
    private const double MaxControls = 0.02;

    /// <summary>Windows-1252 from 0x80 to 0x9F, in order. The five bytes it leaves undefined stand for themselves, so that every byte has a character.</summary>
    private const string Windows1252High =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly SearchValues<byte> _undefinedIn1252 = SearchValues.Create([0x81, 0x8D, 0x8F, 0x90, 0x9D]);

    /// <summary>
    /// The encoding of some content: <c>utf8</c> where it is valid, or mostly; otherwise one byte a character where that gives text; otherwise <c>base64</c>.
    /// </summary>
    public static string Detect(ReadOnlySpan<byte> content)
    {
        if (content.Contains((byte)0))
            return Base64Name;
        if (Utf8.IsValid(content))
            return Utf8Name;
        var (valid, invalid, controls, high) = Count(content);
        if (controls > content.Length * MaxControls)
            return Base64Name;
        if (valid > invalid)
            return Utf8Name;
        return high && !content.ContainsAny(_undefinedIn1252) ? Windows1252Name : Latin1Name;
    }

    /// <summary>The text of some content. In <c>utf8</c> what is invalid becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> content, string encoding) => encoding switch
    {
        Base64Name => Convert.ToBase64String(content),
        Latin1Name => Encoding.Latin1.GetString(content),
        Windows1252Name => Decode1252(content),
        _ => Encoding.UTF8.GetString(content),
    };

    /// <returns>False if the encoding has no bytes for <paramref name="missing"/>.</returns>
    public static bool TryEncode(string text, string encoding, out byte[] content, [NotNullWhen(false)] out string? missing)
    {
        missing = null;
        content = [];
        if (encoding is not (Latin1Name or Windows1252Name))
        {
            content = Encoding.UTF8.GetBytes(text);
            return true;
        }
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (ByteOf(text[i], encoding) is not { } value)
            {
                missing = Rune.TryGetRuneAt(text, i, out var rune) ? rune.ToString() : Rune.ReplacementChar.ToString();
                return false;
            }
            bytes[i] = value;
        }
        content = bytes;
        return true;
    }

    /// <summary>Invalid sequences in UTF-8: each becomes one U+FFFD.</summary>
    public static int CountInvalid(ReadOnlySpan<byte> content) => Count(content).Invalid;

    private static (int Valid, int Invalid, int Controls, bool High) Count(ReadOnlySpan<byte> content)
    {
        var (valid, invalid, controls, high) = (0, 0, 0, false);
        while (!content.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(content, out var rune, out var length);
            if (status != OperationStatus.Done)
                invalid++;
            else if (length > 1)
                valid++;
            else if (rune.Value is < 0x20 and not ('\t' or '\n' or '\r' or '\f' or '\b' or 0x1B) or 0x7F)
                controls++;
            high |= content[0] is >= 0x80 and <= 0x9F;
            content = content[length..];
        }
        return (valid, invalid, controls, high);
    }

    private static string Decode1252(ReadOnlySpan<byte> content)
    {
        var text = new char[content.Length];
        for (var i = 0; i < text.Length; i++)
            text[i] = content[i] is >= 0x80 and <= 0x9F ? Windows1252High[content[i] - 0x80] : (char)content[i];
        return new string(text);
    }

    private static byte? ByteOf(char character, string encoding)
    {
        if (encoding == Windows1252Name && Windows1252High.IndexOf(character) is >= 0 and var at)
            return (byte)(0x80 + at);
        return character < 0x80 || (character <= 0xFF && (character >= 0xA0 || encoding == Latin1Name)) ? (byte)character : null;
    }
}
