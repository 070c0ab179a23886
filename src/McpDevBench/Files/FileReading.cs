using System.Text;

namespace McpDevBench.Files;

/// <summary>Cuts what was read to what was asked for, as text where it is text.</summary>
internal static class FileReading
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A range of bytes.</summary>
    public static ReadFile Range(FileEntry entry, byte[] content, long offset, ReadFileRequest request)
    {
        var asked = Math.Min(request.Length ?? long.MaxValue, Math.Max(0, entry.Size - offset));
        var (text, encoding, taken) = Encode(content, content.Length < asked, request.Encoding);
        var left = asked - taken;
        return new ReadFile(text, encoding, entry, left > 0 ? left : null, left > 0 ? offset + taken : null);
    }

    /// <summary>Some lines, from the beginning or the end.</summary>
    public static ReadFile Lines(FileEntry entry, byte[] content, ReadFileRequest request, int mostBytes, int mostTextBytes)
    {
        if (content.Length > mostTextBytes)
            throw new RefusalException(RefusalCode.ResourceExhausted, $"{entry.Path} is larger than {mostTextBytes >> 20} MiB, which is the most that can be read by lines.", "Use offset and length, or exec with head, tail or grep.");
        var starts = LineStarts(content);
        var first = request.TailLines is { } tail ? Math.Max(0, starts.Count - tail) : Math.Max(0, (request.Line ?? 1) - 1);
        var last = request.TailLines is null && request.Limit is { } limit ? Math.Min(starts.Count, (long)first + limit) : starts.Count;
        var from = first < starts.Count ? starts[first] : content.Length;
        var to = last < starts.Count ? starts[(int)last] : content.Length;
        var asked = Math.Max(0, to - from);
        var part = content.AsSpan(from, Math.Min(asked, mostBytes)).ToArray();
        var (text, encoding, taken) = Encode(part, part.Length < asked, request.Encoding);
        return new ReadFile(text, encoding, entry, asked > taken ? asked - taken : null, from + taken < content.Length ? from + taken : null);
    }

    /// <param name="cut">There is more after it: a character that begins at the end belongs to the next answer.</param>
    private static (string Text, string Encoding, int Taken) Encode(byte[] content, bool cut, string? encoding)
    {
        if (encoding == "base64")
            return (Convert.ToBase64String(content), "base64", content.Length);
        var whole = cut ? content.Length - Utf8Text.Unfinished(content) : content.Length;
        try
        {
            if (encoding == "utf8" || !content.AsSpan(0, Math.Min(content.Length, 8192)).Contains((byte)0))
                return (Strict.GetString(content, 0, whole), "utf8", whole);
        }
        catch (DecoderFallbackException) when (encoding is null)
        {
            // No text: as binary.
        }
        catch (DecoderFallbackException e)
        {
            throw new RefusalException(RefusalCode.InvalidArgument, "The content is no UTF-8 text.", "Leave encoding out, or pass encoding=base64.", inner: e);
        }
        return (Convert.ToBase64String(content), "base64", content.Length);
    }

    private static List<int> LineStarts(ReadOnlySpan<byte> content)
    {
        var starts = new List<int>();
        for (var at = 0; at < content.Length;)
        {
            starts.Add(at);
            var end = content[at..].IndexOf((byte)'\n');
            at = end < 0 ? content.Length : at + end + 1;
        }
        return starts;
    }
}
