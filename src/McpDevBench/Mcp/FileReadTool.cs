using System.ComponentModel;
using System.Text.Json.Serialization;
using McpDevBench.Audit;
using McpDevBench.Files;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

internal sealed record FsReadArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("Relative to /workspace, or absolute below it.")] string Path,
    [Description("First line, from 1.")][Between(1, int.MaxValue)] int? Line = null,
    [Description("Number of lines.")][Between(1, int.MaxValue)] int? Limit = null,
    [Description("Only the last lines.")][Between(1, int.MaxValue)] int? TailLines = null,
    [Description("First byte, from 0.")][Between(0, long.MaxValue)] long? Offset = null,
    [Description("Number of bytes.")][Between(1, long.MaxValue)] long? Length = null,
    [Description("Bytes in the answer; default: 16384.")][Between(64, FileReading.MaxBytes)] int? MaxBytes = null,
    [Description("Default: detected.")]
    [OneOf(TextEncodings.Utf8Name, TextEncodings.Latin1Name, TextEncodings.Windows1252Name, TextEncodings.Base64Name)]
    string? Encoding = null,
    [Description("Also mime_type and mtime.")] bool Details = false);

/// <param name="Encoding">One of <see cref="TextEncodings"/>, or <c>image</c>: the content is an image block beside the text.</param>
/// <param name="Replaced">Sequences that are not UTF-8, each shown as U+FFFD.</param>
internal sealed record FsReadResult(
    string Content, string Encoding, long Size, string Etag, long? Line = null, long? TotalLines = null, long? NextLine = null,
    long? Offset = null, long? NextOffset = null, TruncatedResult? Truncated = null, int? Replaced = null, string? MimeType = null,
    string? Mtime = null)
{
    [JsonIgnore]
    public byte[]? Image { get; init; }

    [JsonIgnore]
    public long Lines { get; init; }

    /// <summary>Bytes that the content stands for.</summary>
    [JsonIgnore]
    public long Bytes { get; init; }

    /// <param name="address">Where the whole file can be fetched.</param>
    /// <param name="maxBytes">What was asked for; at the largest value the hint does not advise to raise it.</param>
    public static FsReadResult Of(ReadFile read, bool details, string? address, int? maxBytes = null)
    {
        var lines = read.Line is not null;
        return new(read.Content, read.Encoding, read.Entry.Size, read.Entry.Etag)
        {
            Line = read.IsWhole ? null : read.Line,
            TotalLines = read.TotalLines,
            NextLine = read.NextLine,
            Offset = read.IsWhole || lines ? null : read.Offset,
            NextOffset = read.NextOffset,
            Truncated = read.LeftOut > 0 ? new(read.LeftOut, HintOf(read, address, maxBytes)) : null,
            Replaced = read.Replaced > 0 ? read.Replaced : null,
            MimeType = read.ImageType ?? (details ? read.Entry.MimeType : null),
            Mtime = details ? Words.Time(read.Entry.Mtime) : null,
            Image = read.Image,
            Lines = read.Lines,
            Bytes = read.End - read.Offset,
        };
    }

    private static string HintOf(ReadFile read, string? address, int? maxBytes)
    {
        var next = read switch
        {
            { NextLine: { } line } => Words.Invariant($"Read on with line={line}"),
            { NextOffset: { } offset } => Words.Invariant($"Read on with offset={offset}"),
            _ => Words.Invariant($"What is before it ends at byte {read.Offset}: use offset and length"),
        };
        var whole = address is null || read.Entry.Size <= FileReading.MaxBytes ? "" : $" The whole file: GET {address}";
        var more = maxBytes >= FileReading.MaxBytes ? "" : Words.Invariant($", or pass max_bytes (up to {FileReading.MaxBytes})");
        return $"{next}{more}.{whole}";
    }

    public string Render()
    {
        var facts = string.Join(", ", Facts());
        return Content.Length == 0 || Content[^1] == '\n' ? $"{Content}[{facts}]" : $"{Content}\n[{facts}]";
    }

    private IEnumerable<string> Facts()
    {
        if (Image is not null)
            yield return $"{MimeType}, shown as an image";
        else if (Encoding != TextEncodings.Utf8Name)
            yield return Encoding;
        var whole = Bytes == Size;
        if (Line is { } line)
            yield return Range(line);
        else if (whole && TotalLines is { } total)
            yield return Plural.Of(total, "line");
        else if (Offset is { } offset)
            yield return Words.Invariant($"from byte {offset}");
        yield return whole ? Plural.Of(Size, "byte") : Words.Invariant($"{Bytes} of {Plural.Of(Size, "byte")}");
        foreach (var unseen in Unseen())
            yield return unseen;
        if (Mtime is not null)
            yield return $"{MimeType}, {Mtime}";
        yield return $"etag {Etag}";
        if (Truncated is not null)
            yield return $"{Plural.Of(Truncated.Bytes, "byte")} left out: {Truncated.Hint}";
        else if (NextLine is not null)
            yield return Words.Invariant($"next: line={NextLine}");
        else if (NextOffset is not null)
            yield return Words.Invariant($"next: offset={NextOffset}");
    }

    private string Range(long line)
    {
        var of = TotalLines is { } total ? Words.Invariant($"of {total}") : "and more that are not counted";
        return Lines > 0
            ? Words.Invariant($"lines {line}-{line + Lines - 1} {of}")
            : Words.Invariant($"no line {line}: there are {TotalLines}");
    }

    /// <summary>What the content has and a reader does not see.</summary>
    private IEnumerable<string> Unseen()
    {
        if (Encoding == TextEncodings.Base64Name || Content.Length == 0)
            yield break;
        if (Content[0] == '\uFEFF')
            yield return "byte order mark";
        if (Content.Contains("\r\n", StringComparison.Ordinal))
            yield return "CRLF";
        if (NextOffset is null && Content[^1] != '\n')
            yield return "no newline at the end";
        if (Replaced is { } replaced)
            yield return $"{Plural.Of(replaced, "invalid sequence", "invalid sequences")} as U+FFFD: encoding=base64 gives the bytes";
    }
}

internal sealed class FsReadTool(FileService files)
    : TypedTool<FsReadArguments, FsReadResult>(Facts, McpJson.Default.FsReadArguments, McpJson.Default.FsReadResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_read", "Read a file",
        "Reads a file, or lines (line, limit), the end (tail_lines) or bytes (offset, length) of it, and says where to read on. "
        + "PNG, JPEG, GIF and WebP come as images, other binary as base64. Pass etag as if_match when you change the file.",
        AuditEvents.FsRead);

    protected override string? TargetOf(FsReadArguments arguments) => arguments.Path;

    protected override async Task<FsReadResult> CallAsync(FsReadArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var read = await files.ReadAsync(call.Caller, new ReadFileRequest
        {
            Container = arguments.ContainerId,
            Path = arguments.Path,
            Offset = arguments.Offset,
            Length = arguments.Length,
            Line = arguments.Line,
            Limit = arguments.Limit,
            TailLines = arguments.TailLines,
            MaxBytes = arguments.MaxBytes,
            Encoding = arguments.Encoding,
        }, cancellationToken);
        return FsReadResult.Of(read, arguments.Details, FileAddress.Of(arguments.ContainerId, arguments.Path),
            arguments.MaxBytes);
    }

    protected override string Render(FsReadResult result) => result.Render();

    protected override IReadOnlyList<ContentBlock> Attachments(FsReadResult result) =>
        result.Image is { } image ? [ImageContentBlock.FromBytes(image, result.MimeType!)] : [];
}
