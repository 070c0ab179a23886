using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsReadArguments(
    string ContainerId,
    string Path,
    [Between(0, long.MaxValue)] long? Offset = null,
    [Between(0, long.MaxValue)] long? Length = null,
    [Description("From 1.")][Between(1, int.MaxValue)] int? Line = null,
    [Between(1, int.MaxValue)] int? Limit = null,
    [Between(1, int.MaxValue)] int? TailLines = null,
    [OneOf("utf8", "base64")] string? Encoding = null);

internal sealed record FsReadResult(string Content, string Encoding, long Size, string Etag, string Mtime, string? MimeType = null, TruncatedResult? Truncated = null);

internal sealed class FsReadTool(FileService files)
    : TypedTool<FsReadArguments, FsReadResult>(Facts, McpJson.Default.FsReadArguments, McpJson.Default.FsReadResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_read", "Read a file",
        "Reads a file or a part of it: bytes (offset, length), lines (line, limit) or the end (tail_lines). Binary comes as base64. Pass the etag as if_match when you change it.",
        AuditEvents.FsRead);

    protected override string? TargetOf(FsReadArguments arguments) => arguments.Path;

    protected override async Task<FsReadResult> CallAsync(FsReadArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var read = await files.ReadAsync(call.Owner, new ReadFileRequest
        {
            Container = arguments.ContainerId,
            Path = arguments.Path,
            Offset = arguments.Offset,
            Length = arguments.Length,
            Line = arguments.Line,
            Limit = arguments.Limit,
            TailLines = arguments.TailLines,
            Encoding = arguments.Encoding,
        }, cancellationToken);
        return new(read.Content, read.Encoding, read.Entry.Size, read.Entry.Etag, Words.Time(read.Entry.Mtime), read.Entry.MimeType)
        {
            Truncated = read.Truncated is { } left ? new(left, read.NextOffset is { } next ? Words.Invariant($"Read on with offset {next}.") : "Ask for a smaller part.") : null,
        };
    }

    protected override string Render(FsReadResult result) => result.Truncated is { } truncated
        ? Words.Invariant($"{result.Content}\n[{truncated.Bytes} bytes left out. {truncated.Hint}]")
        : result.Content;
}
