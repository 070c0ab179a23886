namespace McpDevBench.Files;

/// <summary>Reads the part of a file that was asked for, as text where it is text, and reports where the rest is.</summary>
internal sealed class FileReading(ReadRange read, ReadFileRequest request)
{
    /// <summary>Bytes of content in an answer that asks for no other limit.</summary>
    public const int DefaultBytes = 16 << 10;

    /// <summary>Bytes of content that an answer may be asked to have.</summary>
    public const int MaxBytes = 256 << 10;

    /// <summary>Largest image, in bytes, that is shown: with base64 it stays below what the APIs of models take.</summary>
    public const int MaxImageBytes = 3 << 20;

    // Of one in UTF-8, behind its first byte.
    private const int MaxRestOfCharacter = 3;

    // Base64 makes four characters of three bytes.
    private const int DefaultBinaryBytes = DefaultBytes / 4 * 3;

    private const int MinBytes = 64;

    /// <summary>
    /// The part, with at most the bytes of content that the answer may have; as JSON at most a quarter more, so that of control characters,
    /// which take six bytes there, fewer are read.
    /// </summary>
    public async Task<ReadFile> ReadAsync(CancellationToken cancellationToken)
    {
        var bytes = Budget(binary: false);
        var most = bytes + bytes / 4;
        var found = await ReadOnceAsync(cancellationToken);
        while (found.Encoding != TextEncodings.Base64Name && bytes > MinBytes && JsonSize.Of(found.Content) is var size && size > most)
        {
            bytes = (int)Math.Max(MinBytes, (long)bytes * most / size);
            found = await new FileReading(read, request with { MaxBytes = bytes }).ReadOnceAsync(cancellationToken);
        }
        return found;
    }

    private async Task<ReadFile> ReadOnceAsync(CancellationToken cancellationToken)
    {
        var lines = request.Line is not null || request.Limit is not null;
        var bytes = request.Offset is not null || request.Length is not null;
        if ((lines ? 1 : 0) + (bytes ? 1 : 0) + (request.TailLines is null ? 0 : 1) > 1)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, "More than one kind of part is asked for.",
                "Use offset and length for bytes, line and limit for lines, or tail_lines for the end of the file.");
        }
        await CallMemory.TakeForAnswerAsync(Budget(binary: false), CallMemory.TextFactor, cancellationToken);
        var beginning = await read(0, Math.Max(Budget(binary: false), FileLines.FirstPiece), cancellationToken);
        if (request.Encoding is null && Utf16File.IsPossible(beginning))
        {
            var whole = await read(0, Utf16File.MaxBytes, cancellationToken);
            if (Utf16File.TryOpen(whole.Content, whole.Entry, out var utf16))
            {
                return bytes
                    ? utf16.Part(request.Offset ?? 0, request.Length ?? long.MaxValue, Budget(binary: false))
                    : utf16.Place(await new FileReading(utf16.ReadAsync, request).ReadAsync(cancellationToken));
            }
        }
        var encoding = TextEncodings.DetectFile(
            beginning.Content.AsSpan(0, Math.Min(beginning.Content.Length, TextEncodings.Evidence)), beginning.Entry.Size);
        if (bytes)
            return await BytesAsync(request.Offset ?? 0, encoding, cancellationToken);
        var image = request.Encoding is null ? ImageFormat.Of(beginning.Content) : null;
        if (image is not null && (lines || request.TailLines is not null))
            throw WithoutLines(beginning.Entry, image);
        if (request.TailLines is { } tail)
            return RequireText(
                await new FileTail(read, request, Budget(binary: false), encoding).ReadAsync(tail, beginning, cancellationToken));
        if (image is not null)
            return await ImageAsync(beginning.Entry, image, cancellationToken);
        if (!lines && (request.Encoding ?? encoding) == TextEncodings.Base64Name)
            return await BytesAsync(0, encoding, cancellationToken, beginning);
        return RequireText(await new FileLines(read, request, Budget(binary: false), encoding).ReadAsync(beginning, cancellationToken));
    }

    /// <summary>Requested lines are decoded as text, also in a file with other bytes.</summary>
    private ReadFile RequireText(ReadFile read) =>
        request.Encoding is not null || read.Encoding != TextEncodings.Base64Name ? read : throw WithoutLines(read.Entry, image: null);

    private static RequestException WithoutLines(FileEntry entry, string? image) => new(
        ErrorCode.InvalidArgument, $"{entry.Path} has no lines of text there: it is {image ?? "binary"}.",
        $"Leave line, limit and tail_lines out to {(image is null ? "get it as base64" : "see it")}; "
            + "offset and length give some of its bytes. To take it as lines of text all the same, pass encoding=latin1.");

    /// <param name="file">What the file's beginning decided.</param>
    /// <param name="whole">The file from its first byte on: it is shown as bytes, whatever they are.</param>
    private async Task<ReadFile> BytesAsync(
        long offset, string? file, CancellationToken cancellationToken, (byte[] Content, FileEntry Entry)? whole = null)
    {
        var length = Math.Min(request.Length ?? long.MaxValue, Budget(binary: false));
        var (content, entry) = whole ?? await read(offset, length + MaxRestOfCharacter, cancellationToken);
        var left = Math.Max(0, entry.Size - offset);
        var asked = Math.Min(request.Length ?? left, left);
        var chosen = whole is null ? request.Encoding : TextEncodings.Base64Name;
        var part = Part(Budget(binary: chosen == TextEncodings.Base64Name), chosen);
        if (part.Encoding == TextEncodings.Base64Name && part.Taken > Budget(binary: true))
            part = Part(Budget(binary: true), TextEncodings.Base64Name);
        return part.In(entry, offset) with { LeftOut = Math.Max(0, asked - part.Taken) };

        FilePart Part(int budget, string? encoding)
        {
            var taken = (int)Math.Min(Math.Min(content.Length, asked), budget);
            var extra = Math.Min(MaxRestOfCharacter, content.Length - taken);
            return FilePart.Of(
                content.AsSpan(0, taken + extra), encoding, file, after: offset > 0, cut: offset + taken < entry.Size, extra);
        }
    }

    private async Task<ReadFile> ImageAsync(FileEntry entry, string type, CancellationToken cancellationToken)
    {
        if (entry.Size > MaxImageBytes)
        {
            throw new RequestException(
                ErrorCode.ResourceExhausted,
                $"{entry.Path} is an image ({type}) of {entry.Size} bytes; at most {MaxImageBytes} can be shown.",
                $"Make a smaller one with exec, read its bytes with offset and length, or use {FileAddress.Named}.");
        }
        await CallMemory.TakeForAnswerAsync(entry.Size, CallMemory.BinaryFactor, cancellationToken);
        var (image, whole) = await read(0, MaxImageBytes, cancellationToken);
        if (ImageDamage.Of(image, type) is { } damage)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, $"{entry.Path} is a damaged image ({type}) of {Plural.Of(image.Length, "byte")}: {damage}.",
                "It cannot be shown: make or send it again. encoding=base64 gives its bytes.");
        }
        return new ReadFile("", "image", whole) { Image = image, ImageType = type, End = image.Length };
    }

    private int Budget(bool binary)
    {
        var unasked = binary ? DefaultBinaryBytes : DefaultBytes;
        return Math.Min(request.MaxBytes ?? unasked, MaxBytes);
    }
}
