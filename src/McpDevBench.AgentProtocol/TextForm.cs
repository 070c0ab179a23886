using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace McpDevBench.AgentProtocol;

/// <summary>How a file stores its text.</summary>
public enum TextForm : byte
{
    Utf8,
    Utf8WithMark,
    Utf16LittleEndian,
    Utf16BigEndian,

    /// <summary>Not UTF-8, and without NUL: every byte is a character.</summary>
    Latin1,

    /// <summary>As Latin-1, with quotes, dashes and the euro sign from 0x80 to 0x9F.</summary>
    Windows1252,

    /// <summary>Not text, or UTF-8 with a few bytes that are not. Its bytes are used as they are.</summary>
    Raw,

    /// <summary>Characters of two or four bytes that cannot be converted without loss: UTF-32, UTF-16 without a byte order mark, or
    /// damaged UTF-16. UTF-8 text must not be put into it.</summary>
    Wide,
}

/// <summary>Recognises how text is stored, and converts it to UTF-8 and back without loss.</summary>
public static class TextForms
{
    /// <summary>Bytes at the start of a file in which a NUL means that it is not text.</summary>
    private const int Probe = 8 << 10;

    /// <summary>Windows-1252 from 0x80 to 0x9F. Five bytes are not defined there.</summary>
    private const string Windows1252High =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly UnicodeEncoding _littleEndian = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding _bigEndian = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    public static TextForm Of(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith(Utf8Mark) && Utf8.IsValid(content))
            return TextForm.Utf8WithMark;
        // The mark of UTF-32 begins with that of UTF-16.
        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || content.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
            return TextForm.Wide;
        if (content.Length % 2 == 0 && content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) && IsUtf16(content[2..], bigEndian: false))
            return TextForm.Utf16LittleEndian;
        if (content.Length % 2 == 0 && content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) && IsUtf16(content[2..], bigEndian: true))
            return TextForm.Utf16BigEndian;
        if (content[..Math.Min(content.Length, Probe)].Contains((byte)0))
            return IsWide(content[..Math.Min(content.Length, Probe)]) ? TextForm.Wide : TextForm.Raw;
        return Utf8.IsValid(content) ? TextForm.Utf8 : WithoutUtf8(content);
    }

    /// <summary>Its name in answers and error texts.</summary>
    public static string NameOf(TextForm form) => form switch
    {
        TextForm.Utf8 => "utf8",
        TextForm.Utf8WithMark => "utf8-bom",
        TextForm.Utf16LittleEndian => "utf16le",
        TextForm.Utf16BigEndian => "utf16be",
        TextForm.Latin1 => "latin1",
        TextForm.Windows1252 => "windows-1252",
        TextForm.Wide => "wide",
        _ => "binary",
    };

    /// <summary>The text without its byte order mark. The content itself where nothing is to be converted.</summary>
    public static byte[] ToUtf8(byte[] content, TextForm form) => form switch
    {
        TextForm.Utf8WithMark => content[Utf8Mark.Length..],
        TextForm.Utf16LittleEndian => Encoding.Convert(_littleEndian, Encoding.UTF8, content, 2, content.Length - 2),
        TextForm.Utf16BigEndian => Encoding.Convert(_bigEndian, Encoding.UTF8, content, 2, content.Length - 2),
        TextForm.Latin1 => Encoding.Convert(Encoding.Latin1, Encoding.UTF8, content),
        TextForm.Windows1252 => From1252(content),
        _ => content,
    };

    /// <summary>The content to be stored, with the byte order mark; null if the form cannot hold the text.</summary>
    public static byte[]? FromUtf8(byte[] text, TextForm form) => form switch
    {
        TextForm.Utf8WithMark => [.. Utf8Mark, .. text],
        TextForm.Utf16LittleEndian => [0xFF, 0xFE, .. WithoutMark(text, form)!],
        TextForm.Utf16BigEndian => [0xFE, 0xFF, .. WithoutMark(text, form)!],
        _ => WithoutMark(text, form),
    };

    /// <summary>A part of the content to be stored, which is not its beginning; null if the form cannot hold the text.</summary>
    public static byte[]? WithoutMark(byte[] text, TextForm form) => form switch
    {
        TextForm.Utf16LittleEndian => Encoding.Convert(Encoding.UTF8, _littleEndian, text),
        TextForm.Utf16BigEndian => Encoding.Convert(Encoding.UTF8, _bigEndian, text),
        TextForm.Latin1 or TextForm.Windows1252 => ToBytes(text, form),
        _ => text,
    };

    /// <summary>Whether the form has a byte for a character.</summary>
    public static bool Has(TextForm form, Rune rune) => form is not (TextForm.Latin1 or TextForm.Windows1252)
        || ByteOf(rune.Value, form) >= 0;

    /// <summary>For content with a NUL: a mark of UTF-16 before what is not valid, or ASCII with one or three NULs for each
    /// character.</summary>
    private static bool IsWide(ReadOnlySpan<byte> content)
    {
        if (content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return true;
        return HasCharactersOf(2, content, at: 0) || HasCharactersOf(2, content, at: 1)
            || HasCharactersOf(4, content, at: 0) || HasCharactersOf(4, content, at: 3);
    }

    /// <param name="at">The byte that is not NUL among those of a character.</param>
    private static bool HasCharactersOf(int size, ReadOnlySpan<byte> content, int at)
    {
        if (content.Length < 4)
            return false;
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == 0 == (i % size == at) || content[i] >= 0x80)
                return false;
        }
        return true;
    }

    private static TextForm WithoutUtf8(ReadOnlySpan<byte> content)
    {
        var (valid, invalid, hasHigh, hasUndefined) = (0, 0, false, false);
        for (; !content.IsEmpty;)
        {
            var isValid = Rune.DecodeFromUtf8(content, out _, out var length) == OperationStatus.Done;
            valid += isValid && length > 1 ? 1 : 0;
            invalid += isValid ? 0 : 1;
            hasHigh |= content[0] is >= 0x80 and <= 0x9F;
            hasUndefined |= content[0] is 0x81 or 0x8D or 0x8F or 0x90 or 0x9D;
            content = content[length..];
        }
        // By chance a valid sequence hardly occurs in text of one byte a character.
        if (valid > 0 && valid >= invalid)
            return TextForm.Raw;
        return hasHigh && !hasUndefined ? TextForm.Windows1252 : TextForm.Latin1;
    }

    private static byte[] From1252(byte[] content)
    {
        var text = new byte[3 * content.Length];
        var length = 0;
        foreach (var value in content)
        {
            var character = value is >= 0x80 and <= 0x9F ? Windows1252High[value - 0x80] : (char)value;
            length += new Rune(character).EncodeToUtf8(text.AsSpan(length));
        }
        return text[..length];
    }

    private static byte[]? ToBytes(byte[] text, TextForm form)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (ReadOnlySpan<byte> rest = text; !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var used);
            if (ByteOf(rune.Value, form) is >= 0 and var value)
                bytes[length++] = (byte)value;
            else
                return null;
            rest = rest[used..];
        }
        return bytes[..length];
    }

    /// <returns>-1 if there is no such byte.</returns>
    private static int ByteOf(int character, TextForm form)
    {
        if (form == TextForm.Windows1252 && character >= 0x80 && character <= char.MaxValue
            && Windows1252High.IndexOf((char)character) is >= 0 and var at)
            return 0x80 + at;
        return character <= 0xFF && (form == TextForm.Latin1 || character is < 0x80 or > 0x9F) ? character : -1;
    }

    /// <summary>Every surrogate has its partner, so that nothing is lost on the way to UTF-8 and back.</summary>
    private static bool IsUtf16(ReadOnlySpan<byte> content, bool bigEndian)
    {
        for (; !content.IsEmpty; content = content[2..])
        {
            var unit = UnitOf(content, bigEndian);
            if (!char.IsSurrogate(unit))
                continue;
            if (!char.IsHighSurrogate(unit) || content.Length < 4 || !char.IsLowSurrogate(UnitOf(content[2..], bigEndian)))
                return false;
            content = content[2..];
        }
        return true;
    }

    private static char UnitOf(ReadOnlySpan<byte> content, bool bigEndian)
        => (char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(content) : BinaryPrimitives.ReadUInt16LittleEndian(content));
}
