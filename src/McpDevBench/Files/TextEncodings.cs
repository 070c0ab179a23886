using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>The encodings that content is read and written in by name: of text, and <c>base64</c> for bytes.</summary>
internal static class TextEncodings
{
    public const string Utf8Name = "utf8", Latin1Name = "latin1", Windows1252Name = "windows-1252", Base64Name = "base64";

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
        content = TextForms.FromUtf8(Encoding.UTF8.GetBytes(text), form) ?? [];
        var lacking = text.EnumerateRunes().Where(rune => !TextForms.Has(form, rune)).Take(1).ToArray();
        missing = lacking.Length == 0 ? null : lacking[0].ToString();
        return missing is null;
    }

    /// <summary>Invalid sequences in UTF-8: each becomes one U+FFFD.</summary>
    public static int CountInvalid(ReadOnlySpan<byte> content)
    {
        var count = 0;
        while (!content.IsEmpty)
        {
            count += Rune.DecodeFromUtf8(content, out _, out var length) == OperationStatus.Done ? 0 : 1;
            content = content[length..];
        }
        return count;
    }

    private static TextForm FormOf(string encoding) => encoding switch
    {
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
