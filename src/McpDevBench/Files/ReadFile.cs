namespace McpDevBench.Files;

/// <summary>Reads bytes of one file, and describes the file that was opened.</summary>
internal delegate Task<(byte[] Content, FileEntry Entry)> ReadRange(long offset, long length, CancellationToken cancellationToken);

/// <summary>What <see cref="FileReading"/> answers: content, where it stands in the file, and where to read on.</summary>
internal sealed record ReadFile(string Content, string Encoding, FileEntry Entry)
{
    /// <summary>The whole file, where it is an image that is shown as one; <see cref="Content"/> is empty then.</summary>
    public byte[]? Image { get; init; }

    /// <summary>Of <see cref="Image"/>.</summary>
    public string? ImageType { get; init; }

    /// <summary>First byte of the content. After the one asked for where that was inside of a character.</summary>
    public long Offset { get; init; }

    /// <summary>First byte after the content.</summary>
    public long End { get; init; }

    /// <summary>Number of the content's first line; null where lines were not counted.</summary>
    public long? Line { get; init; }

    /// <summary>Lines that the content has, the last one perhaps in part.</summary>
    public long Lines { get; init; }

    /// <summary>Lines of the whole file; null where not all of it was counted.</summary>
    public long? TotalLines { get; init; }

    /// <summary>The line after the content; null at the end of the file, and where the content ends inside of a line.</summary>
    public long? NextLine { get; init; }

    /// <summary>Bytes of what was asked for that did not fit.</summary>
    public long LeftOut { get; init; }

    /// <summary>Sequences that are not UTF-8, each shown as U+FFFD.</summary>
    public int Replaced { get; init; }

    public bool IsWhole => Offset == 0 && End == Entry.Size;

    public long? NextOffset => End < Entry.Size ? End : null;
}
