using System.Text;

namespace McpDevBench.Files;

/// <summary>Some bytes of a file as text, cut where characters begin and end.</summary>
/// <param name="Skipped">Bytes before the text: the end of a character that begins before them.</param>
/// <param name="Taken">Bytes up to the end of the text.</param>
internal sealed record FilePart(string Text, string Encoding, int Skipped, int Taken, int Replaced)
{
    /// <param name="asked">The caller's encoding, one of <see cref="TextEncodings"/>; null to detect it.</param>
    /// <param name="file">What the file's beginning decided; null if nothing.</param>
    /// <param name="after">There are bytes before these, so the first ones may belong to a character before them.</param>
    /// <param name="cut">There are bytes after these, so the last ones may be the beginning of a character.</param>
    /// <param name="extra">Bytes at the end that are read only for the character that is shown if there is no other.</param>
    public static FilePart Of(ReadOnlySpan<byte> content, string? asked, string? file, bool after, bool cut, int extra = 0)
    {
        var length = content.Length - extra;
        var first = after ? Utf8Text.Continuation(content[..length]) : 0;
        var last = cut ? Utf8Text.Unfinished(content[..length]) : 0;
        var used = asked ?? TextEncodings.DetectPart(file, content[first..(length - last)]);
        if (used != TextEncodings.Utf8Name)
            return new FilePart(TextEncodings.Decode(content[..length], used), used, 0, length, 0);
        var end = length - last;
        // A part that has only the beginning of a character has all of it, so that reading on comes to an end.
        if (first == end && last > 0)
        {
            Rune.DecodeFromUtf8(content[end..], out _, out var whole);
            end += whole;
        }
        var inside = content[first..end];
        var replaced = TextEncodings.CountInvalid(inside);
        if (replaced > 0 && asked is not null)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, "The content is not UTF-8 text.",
                "Leave encoding out to have it detected, or pass encoding=latin1, windows-1252 or base64.");
        }
        return new FilePart(TextEncodings.Decode(inside, used), used, first, end, replaced);
    }

    public ReadFile In(FileEntry entry, long offset) =>
        new(Text, Encoding, entry) { Offset = offset + Skipped, End = offset + Taken, Replaced = Replaced };
}
