namespace McpDevBench.Files;

/// <summary>Some bytes of a file as text, cut where characters begin and end.</summary>
/// <param name="Skipped">Bytes before the text: the end of a character that begins before them.</param>
/// <param name="Taken">Bytes up to the end of the text.</param>
internal sealed record FilePart(string Text, string Encoding, int Skipped, int Taken, int Replaced)
{
    /// <param name="encoding">One of <see cref="TextEncodings"/>; null to detect it.</param>
    /// <param name="after">There are bytes before these, so the first ones may belong to a character before them.</param>
    /// <param name="cut">There are bytes after these, so the last ones may be the beginning of a character.</param>
    public static FilePart Of(ReadOnlySpan<byte> content, string? encoding, bool after, bool cut)
    {
        var first = after ? Utf8Text.Continuation(content) : 0;
        var last = cut ? Utf8Text.Unfinished(content) : 0;
        if (first + last >= content.Length)
            (first, last) = (0, 0);
        var inside = content[first..^last];
        var used = encoding ?? TextEncodings.Detect(inside);
        if (used != TextEncodings.Utf8Name)
            return new FilePart(TextEncodings.Decode(content, used), used, 0, content.Length, 0);
        var replaced = TextEncodings.CountInvalid(inside);
        if (replaced > 0 && encoding is not null)
        {
            throw new RefusalException(
                RefusalCode.InvalidArgument, "The content is not UTF-8 text.",
                "Leave encoding out to have it detected, or pass encoding=latin1, windows-1252 or base64.");
        }
        return new FilePart(TextEncodings.Decode(inside, used), used, first, content.Length - last, replaced);
    }

    public ReadFile In(FileEntry entry, long offset) =>
        new(Text, Encoding, entry) { Offset = offset + Skipped, End = offset + Taken, Replaced = Replaced };
}
