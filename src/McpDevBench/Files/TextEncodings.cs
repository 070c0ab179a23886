using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>The encodings that content is read and written in by name: of text, and <c>base64</c> for bytes.</summary>
internal static class TextEncodings
{
    public const string Utf8Name = "utf8", Latin1Name = "latin1", Windows1252Name = "windows-1252", Base64Name = "base64";

    /// <summary>With a byte order mark, which the text does not have.</summary>
    public const string Utf8WithMarkName = "utf8-bom", Utf16LittleEndianName = "utf16le", Utf16BigEndianName = "utf16be";

    /// <summary>Bytes at the beginning of a file that decide its encoding, so that every part of it is read alike.</summary>
    public const int Evidence = 128 << 10;

    // More control characters than this share of the bytes, and the content is binary.
    private const double MaxControls = 0.02;

    /// <summary>
    /// The encoding of some content: <c>utf8</c> where it is valid, or mostly; otherwise one byte a character where that gives text;
    /// otherwise <c>base64</c>.
    /// </summary>
    public static string Detect(ReadOnlySpan<byte> content)
    {
        if (content.Contains((byte)0))
            return Base64Name;
        return TextForms.Of(content) switch
        {
            TextForm.Utf8 or TextForm.Utf8WithMark => Utf8Name,
            TextForm.Utf16LittleEndian or TextForm.Utf16BigEndian => Base64Name,
            _ when CountControls(content) > content.Length * MaxControls => Base64Name,
            TextForm.Latin1 => Latin1Name,
            TextForm.Windows1252 => Windows1252Name,
            _ => Utf8Name,
        };
    }

    /// <summary>The encoding of a file; null if its beginning is all ASCII and more follows, which decides nothing.</summary>
    /// <param name="beginning">Up to <see cref="Evidence"/> bytes from the first one on.</param>
    public static string? DetectFile(ReadOnlySpan<byte> beginning, long size)
    {
        if (beginning.Length >= size)
            return Detect(beginning);
        beginning = beginning[..^Utf8Text.Unfinished(beginning)];
        return Detect(beginning) is var encoding && (encoding != Utf8Name || !Ascii.IsValid(beginning)) ? encoding : null;
    }

    /// <summary>The encoding of a part of a file, given what the file's beginning decided.</summary>
    /// <param name="part">Without the halves of characters at its ends.</param>
    public static string DetectPart(string? file, ReadOnlySpan<byte> part)
    {
        var own = Detect(part);
        if (file is null)
            return own;
        if (file == Base64Name)
            return own == Utf8Name ? Utf8Name : Base64Name;
        return part.Contains((byte)0) ? Base64Name : file;
    }

    /// <summary>The text of some content. In <c>utf8</c> what is invalid becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> content, string encoding) => encoding switch
    {
        Base64Name => Convert.ToBase64String(content),
        Utf8Name => Encoding.UTF8.GetString(content),
        _ => Encoding.UTF8.GetString(TextForms.ToUtf8(content.ToArray(), FormOf(encoding))),
    };

    /// <returns>False if the encoding has no bytes for <paramref name="missing"/>.</returns>
    public static bool TryEncode(string text, string encoding, out byte[] content, [NotNullWhen(false)] out string? missing)
    {
        var form = FormOf(encoding);
        if (HasMark(form) && text.StartsWith('\uFEFF'))
            text = text[1..];
        if (TextForms.FromUtf8(Encoding.UTF8.GetBytes(text), form) is { } encoded)
        {
            (content, missing) = (encoded, null);
            return true;
        }
        content = [];
        missing = text.EnumerateRunes().First(rune => !TextForms.Has(form, rune)).ToString();
        return false;
    }

    /// <summary>Invalid sequences in UTF-8: each becomes one U+FFFD.</summary>
    public static int CountInvalid(ReadOnlySpan<byte> content)
    {
        if (Utf8.IsValid(content))
            return 0;
        var count = 0;
        while (!content.IsEmpty)
        {
            count += Rune.DecodeFromUtf8(content, out _, out var length) == OperationStatus.Done ? 0 : 1;
            content = content[length..];
        }
        return count;
    }

    public static bool HasMark(TextForm form) =>
        form is TextForm.Utf8WithMark or TextForm.Utf16LittleEndian or TextForm.Utf16BigEndian;

    public static TextForm FormOf(string encoding) => encoding switch
    {
        Utf8WithMarkName => TextForm.Utf8WithMark,
        Utf16LittleEndianName => TextForm.Utf16LittleEndian,
        Utf16BigEndianName => TextForm.Utf16BigEndian,
        Latin1Name => TextForm.Latin1,
        Windows1252Name => TextForm.Windows1252,
        _ => TextForm.Utf8,
    };

    private static int CountControls(ReadOnlySpan<byte> content)
    {
        var count = 0;
        foreach (var value in content)
            count += value is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\b' or 0x1B) or 0x7F ? 1 : 0;
        return count;
    }
}
