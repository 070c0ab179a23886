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

    /// <summary>Not text. Its bytes are used as they are.</summary>
    Raw,
}

/// <summary>Recognises how text is stored, and converts it to UTF-8 and back without loss.</summary>
public static class TextForms
{
    /// <summary>Bytes at the start of a file in which a NUL means that it is not text.</summary>
    private const int Probe = 8 << 10;

    private static readonly UnicodeEncoding _littleEndian = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding _bigEndian = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    public static TextForm Of(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith(Utf8Mark) && Utf8.IsValid(content))
            return TextForm.Utf8WithMark;
        if (content.Length % 2 == 0 && content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) && IsUtf16(content[2..], bigEndian: false))
            return TextForm.Utf16LittleEndian;
        if (content.Length % 2 == 0 && content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) && IsUtf16(content[2..], bigEndian: true))
            return TextForm.Utf16BigEndian;
        if (content[..Math.Min(content.Length, Probe)].Contains((byte)0))
            return TextForm.Raw;
        return Utf8.IsValid(content) ? TextForm.Utf8 : TextForm.Latin1;
    }

    /// <summary>Its name in answers and error texts.</summary>
    public static string NameOf(TextForm form) => form switch
    {
        TextForm.Utf8 => "utf8",
        TextForm.Utf8WithMark => "utf8-bom",
        TextForm.Utf16LittleEndian => "utf16le",
        TextForm.Utf16BigEndian => "utf16be",
        TextForm.Latin1 => "latin1",
        _ => "binary",
    };

    /// <summary>The text without its byte order mark. The content itself where nothing is to be converted.</summary>
    public static byte[] ToUtf8(byte[] content, TextForm form) => form switch
    {
        TextForm.Utf8WithMark => content[Utf8Mark.Length..],
        TextForm.Utf16LittleEndian => Encoding.Convert(_littleEndian, Encoding.UTF8, content, 2, content.Length - 2),
        TextForm.Utf16BigEndian => Encoding.Convert(_bigEndian, Encoding.UTF8, content, 2, content.Length - 2),
        TextForm.Latin1 => Encoding.Convert(Encoding.Latin1, Encoding.UTF8, content),
        _ => content,
    };

    /// <summary>The content to be stored, with the byte order mark; null if the form cannot hold the text.</summary>
    public static byte[]? FromUtf8(byte[] text, TextForm form) => form switch
    {
        TextForm.Utf8WithMark => [.. Utf8Mark, .. text],
        TextForm.Utf16LittleEndian => [0xFF, 0xFE, .. Encoding.Convert(Encoding.UTF8, _littleEndian, text)],
        TextForm.Utf16BigEndian => [0xFE, 0xFF, .. Encoding.Convert(Encoding.UTF8, _bigEndian, text)],
        TextForm.Latin1 => ToLatin1(text),
        _ => text,
    };

    private static byte[]? ToLatin1(byte[] text)
    {
        var latin1 = new byte[text.Length];
        var length = 0;
        for (ReadOnlySpan<byte> rest = text; !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var used);
            if (rune.Value > 0xFF)
                return null;
            latin1[length++] = (byte)rune.Value;
            rest = rest[used..];
        }
        return latin1[..length];
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
