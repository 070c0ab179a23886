namespace McpDevBench.Files;

/// <summary>What a batch answers of a file that it read, in the forms of <see cref="FileReading"/>: all of it, or the beginning that
/// fits.</summary>
/// <param name="Encoding">As <see cref="ReadFile"/> has it; <c>image</c> for one, which is not in the answer.</param>
/// <param name="Taken">Bytes of the file that the content stands for.</param>
/// <param name="LeftOut">Bytes after them.</param>
internal sealed record BatchText(string Content, string Encoding, long Taken, long LeftOut)
{
    /// <summary>The MIME type of an image; null for anything else.</summary>
    public string? ImageType { get; init; }

    /// <summary>Bytes of the content in the answer.</summary>
    public int Cost => JsonSize.Of(Content);

    /// <param name="content">The file from its first byte on, as far as it has been read.</param>
    /// <param name="entry">Of the whole file.</param>
    /// <param name="budget">Bytes that the content may have.</param>
    public static async Task<BatchText> OfAsync(byte[] content, FileEntry entry, int budget, CancellationToken cancellationToken)
    {
        entry = entry with { Size = Math.Max(entry.Size, content.Length) };
        if (ImageFormat.Of(content) is { } type)
            return new BatchText("", "image", 0, entry.Size) { ImageType = type };
        if (budget <= 0)
            return new BatchText("", TextEncodings.Utf8Name, 0, entry.Size);
        var read = await ReadAsync(budget);
        if (read.Encoding == TextEncodings.Base64Name && read.Content.Length > budget)
            read = await ReadAsync(budget / 4 * 3);
        return new BatchText(read.Content, read.Encoding, read.End, entry.Size - read.End);

        Task<ReadFile> ReadAsync(int maxBytes) => new FileReading(
            (offset, length, _) => Task.FromResult((Part(content, offset, length), entry)),
            new ReadFileRequest { Container = "", Path = entry.Path, MaxBytes = maxBytes }).ReadAsync(cancellationToken);
    }

    private static byte[] Part(byte[] content, long offset, long length)
    {
        var from = (int)Math.Min(offset, content.Length);
        return content[from..(int)Math.Min(content.Length, from + length)];
    }
}
