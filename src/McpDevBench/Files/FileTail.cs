namespace McpDevBench.Files;

/// <summary>Reads the last lines of a file of any size from its end.</summary>
/// <param name="encoding">What the file's beginning decided.</param>
internal sealed class FileTail(ReadRange read, ReadFileRequest request, int budget, string? encoding)
{
    // A file that grows meanwhile is read again, so that the end is the end; not forever.
    private const int Attempts = 3;

    /// <param name="beginning">The file from its first byte on, as far as it has been read.</param>
    public async Task<ReadFile> ReadAsync(int lines, (byte[] Content, FileEntry Entry) beginning, CancellationToken cancellationToken)
    {
        var (content, entry) = beginning;
        if (entry.Size <= content.Length)
            return Last(entry, content, 0, lines);
        for (var attempt = 1; ; attempt++)
        {
            // One byte more than fits: whether a line begins after it.
            var from = Math.Max(0, entry.Size - budget - 1);
            (content, var now) = await read(from, budget + 1, cancellationToken);
            if (now.Size <= entry.Size || attempt == Attempts)
                return Last(now with { Size = from + content.Length }, content, from, lines);
            entry = now;
        }
    }

    private ReadFile Last(FileEntry entry, byte[] content, long from, int lines)
    {
        var start = content.Length;
        var found = 0;
        while (found < lines && start > 0)
        {
            start = content.AsSpan(0, start - 1).LastIndexOf((byte)'\n') + 1;
            found++;
        }
        // The first line of what was read may have begun before it.
        var all = found == lines ? start > 0 || from == 0 : from == 0;
        var least = Math.Max(0, content.Length - budget);
        var asked = all ? start : -from;
        var cut = !all || start < least;
        if (cut)
            start = AfterNewline(content, Math.Max(start, least));
        var inside = start > 0 ? content[start - 1] != '\n' : from > 0;
        var part = FilePart.Of(content.AsSpan(start), request.Encoding, encoding, after: inside, cut: false);
        var text = content.AsSpan(start);
        return part.In(entry, from + start) with
        {
            Line = from == 0 ? content.AsSpan(0, start).Count((byte)'\n') + 1 : null,
            Lines = Count(text),
            TotalLines = from == 0 ? Count(content) : null,
            LeftOut = start - asked,
        };
    }

    /// <summary>Where the first whole line begins; the place itself if only one line follows.</summary>
    private static int AfterNewline(ReadOnlySpan<byte> content, int at)
    {
        if (at == 0 || content[at - 1] != '\n')
        {
            var next = content[at..].IndexOf((byte)'\n') + 1;
            return next > 0 && at + next < content.Length ? at + next : at;
        }
        return at;
    }

    private static int Count(ReadOnlySpan<byte> content) => content.Count((byte)'\n') + (content.IsEmpty || content[^1] == '\n' ? 0 : 1);
}
