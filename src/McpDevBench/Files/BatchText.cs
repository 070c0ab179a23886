namespace McpDevBench.Files;

/// <summary>What a batch answers of a file that it read: all of it, or the beginning that fits.</summary>
/// <param name="Encoding"><c>utf8</c> or <c>base64</c>.</param>
/// <param name="Taken">Bytes of the file that the content stands for.</param>
/// <param name="LeftOut">Bytes after them.</param>
internal sealed record BatchText(string Content, string Encoding, long Taken, long LeftOut)
{
    /// <summary>Bytes of the content in the answer.</summary>
    public int Cost => System.Text.Encoding.UTF8.GetByteCount(Content);

    /// <param name="content">The file from its first byte on, as far as it has been read.</param>
    /// <param name="size">Of the whole file.</param>
    /// <param name="budget">Bytes that the content may have.</param>
    public static BatchText Of(ReadOnlySpan<byte> content, long size, int budget)
    {
        size = Math.Max(size, content.Length);
        var whole = content.Length < size ? content[..^Utf8Text.Unfinished(content)] : content;
        var isText = TextEncodings.CountInvalid(whole) == 0;
        var most = isText ? budget : budget / 4 * 3;
        var part = isText ? whole : content;
        if (part.Length > most)
        {
            part = part[..most];
            part = isText ? part[..^Utf8Text.Unfinished(part)] : part;
        }
        var encoding = isText ? TextEncodings.Utf8Name : TextEncodings.Base64Name;
        return new BatchText(TextEncodings.Decode(part, encoding), encoding, part.Length, size - part.Length);
    }
}
