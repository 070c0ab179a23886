using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>Text that is added to a file becomes part of its text: it takes the file's encoding and line ends.</summary>
internal static class FileAppend
{
    /// <summary>A larger file is judged by its beginning and its end.</summary>
    private const int MaxBytes = 4 << 20;

    private const int Piece = 64 << 10;

    /// <param name="encoding">The one that the caller named: of a file whose bytes do not show one.</param>
    /// <returns>The bytes to add.</returns>
    /// <exception cref="RequestException">invalid_argument: the file's encoding does not have a character, or is another one.</exception>
    public static async Task<byte[]> ToBytesAsync(ReadRange read, string text, string encoding, CancellationToken cancellationToken)
    {
        // Of plain ASCII every encoding but UTF-16, which begins with a mark, has the same bytes.
        var (content, entry) = await read(0, Ascii.IsValid(text) ? Piece : MaxBytes, cancellationToken);
        var form = TextForms.Of(Whole(content, entry));
        if (form == TextForm.Wide)
        {
            throw new RequestException(ErrorCode.InvalidArgument, EditFailure.WideText(entry.Path),
                "encoding=base64 appends bytes as they are.");
        }
        // Line ends may have changed on the way to the end.
        if (entry.Size > content.Length && form is not (TextForm.Utf16LittleEndian or TextForm.Utf16BigEndian))
            content = [.. content, .. (await read(Math.Max(content.Length, entry.Size - Piece), Piece, cancellationToken)).Content];
        else
            content = Whole(content, entry).ToArray();
        // The file does not show its encoding: use the caller's.
        var asked = TextEncodings.FormOf(encoding);
        if (content.Length == 0)
            return ContentBytes.Of(text, encoding);
        if (form == TextForm.Utf8 && !TextEncodings.HasMark(asked) && Ascii.IsValid(content))
            form = asked;
        else if (encoding != TextEncodings.Utf8Name && form != asked)
            throw Other(entry, encoding, form);
        return TextEdits.Append(content, form, Encoding.UTF8.GetBytes(text)) ?? throw Lacking(entry, form, text);
    }

    /// <summary>Without the beginning of a last character that goes on after it.</summary>
    private static ReadOnlySpan<byte> Whole(byte[] content, FileEntry entry)
    {
        if (content.Length >= entry.Size)
            return content;
        return content.AsSpan(..^(Utf16File.HasMark(content) ? Utf16File.Unfinished(content) : Utf8Text.Unfinished(content)));
    }

    private static RequestException Lacking(FileEntry entry, TextForm form, string text)
    {
        var missing = text.EnumerateRunes().First(rune => !TextForms.Has(form, rune));
        return new RequestException(
            ErrorCode.InvalidArgument,
            $"The content has the character '{missing}' (U+{missing.Value:X4}), which {entry.Path} cannot hold: "
                + $"its encoding is {TextForms.NameOf(form)}.",
            "Use other characters, or convert the file to UTF-8 first, with exec and iconv.");
    }

    private static RequestException Other(FileEntry entry, string encoding, TextForm form) => new(
        ErrorCode.InvalidArgument, $"{entry.Path} is {TextForms.NameOf(form)}, and encoding={encoding} would mix two encodings in it.",
        "Leave encoding out: text that is appended takes the file's. encoding=base64 appends bytes as they are.");
}
