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

internal sealed record FsWriteArguments(
    string ContainerId,
    string Path,
    [Large] string Content,
    [OneOf("utf8", "base64")] string Encoding = "utf8",
    [Description("Octal, such as 755.")] string? Mode = null,
    bool CreateParents = true,
    bool Append = false,
    [Description("etag it must have.")] string? IfMatch = null,
    [Description("Only if nothing is there.")][OneOf("*")] string? IfNoneMatch = null);

internal sealed record FsWriteResult(string Path, long Size, string Etag);

internal sealed class FsWriteTool(FileService files)
    : TypedTool<FsWriteArguments, FsWriteResult>(Facts, McpJson.Default.FsWriteArguments, McpJson.Default.FsWriteResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_write", "Write a file",
        "Writes a whole file, atomically. To change a part use fs_edit.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsWrite);

    protected override string? TargetOf(FsWriteArguments arguments) => arguments.Path;

    protected override async Task<FsWriteResult> CallAsync(FsWriteArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var entry = await files.WriteAsync(call.Owner, new WriteFileRequest
        {
            Container = arguments.ContainerId,
            Path = arguments.Path,
            Content = Encodings.Decode(arguments.Content, arguments.Encoding, "content"),
            Mode = arguments.Mode,
            CreateParents = arguments.CreateParents,
            Append = arguments.Append,
            IfMatch = arguments.IfMatch,
            IfNoneMatch = arguments.IfNoneMatch,
        }, cancellationToken);
        return new(entry.Path, entry.Size, entry.Etag);
    }

    protected override string Render(FsWriteResult result) => Words.Invariant($"Wrote {result.Path}: {result.Size} bytes, etag {result.Etag}.");
}

internal sealed record EditArguments([Large] string OldText, [Large] string NewText, bool ReplaceAll = false);

internal sealed record FsEditArguments(
    string ContainerId,
    string Path,
    [Description("old_text must occur exactly once, or replace_all.")] EditArguments[] Edits,
    string? IfMatch = null,
    bool DryRun = false);

internal sealed record FsEditResult(string Path, string Etag, string Diff, int Replacements, bool DryRun);

internal sealed class FsEditTool(FileService files)
    : TypedTool<FsEditArguments, FsEditResult>(Facts, McpJson.Default.FsEditArguments, McpJson.Default.FsEditResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_edit", "Edit a file",
        "Replaces exact pieces of a text file, all or none, and answers with the diff. Read the file first.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsEdit);

    protected override string? TargetOf(FsEditArguments arguments) => Words.Rehearsal(arguments.DryRun, arguments.Path);

    protected override async Task<FsEditResult> CallAsync(FsEditArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        if (arguments.Edits.Length == 0)
            throw new RefusalException(RefusalCode.InvalidArgument, "The argument 'edits' is empty.", "Give at least one edit: {old_text, new_text}.");
        FileEdit[] edits = [.. arguments.Edits.Select(edit => new FileEdit(edit.OldText, edit.NewText, edit.ReplaceAll))];
        var edited = await files.EditAsync(call.Owner, new(arguments.ContainerId, arguments.Path, edits, arguments.IfMatch, arguments.DryRun), cancellationToken);
        return new(edited.Entry.Path, edited.Entry.Etag, edited.Diff, edited.Replacements, edited.DryRun);
    }

    protected override string Render(FsEditResult result) =>
        Words.Invariant($"{(result.DryRun ? "Would make" : "Made")} {result.Replacements} replacements in {result.Path}, etag {result.Etag}.\n{result.Diff}");
}

internal sealed record FsDeleteArguments(
    string ContainerId,
    string Path,
    bool Recursive = false,
    string? IfMatch = null);

internal sealed record FsDeleteResult(string Status, string Path);

internal sealed class FsDeleteTool(FileService files)
    : TypedTool<FsDeleteArguments, FsDeleteResult>(Facts, McpJson.Default.FsDeleteArguments, McpJson.Default.FsDeleteResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_delete", "Delete a file", "Deletes a file, a link or a directory.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.FsDelete);

    protected override string? TargetOf(FsDeleteArguments arguments) => arguments.Path;

    protected override async Task<FsDeleteResult> CallAsync(FsDeleteArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var entry = await files.DeleteAsync(call.Owner, arguments.ContainerId, arguments.Path, arguments.Recursive, arguments.IfMatch, cancellationToken);
        return new("deleted", entry.Path);
    }

    protected override string Render(FsDeleteResult result) => $"Deleted {result.Path}.";
}

internal sealed record BatchArguments(
    [OneOf("read", "write", "edit", "delete", "move", "copy", "mkdir")] string Op,
    string Path,
    [Description("Of move and copy.")] string? Target = null,
    [Large] string? Content = null,
    [OneOf("utf8", "base64")][Unlisted] string Encoding = "utf8",
    [Unlisted] string? Mode = null,
    [Unlisted] bool CreateParents = true,
    bool Recursive = false,
    bool Overwrite = false,
    string? IfMatch = null,
    [Unlisted] string? IfNoneMatch = null,
    [Brief][Description("As of fs_edit.")] EditArguments[]? Edits = null);

internal sealed record FsBatchArguments(string ContainerId, BatchArguments[] Operations);

internal sealed record BatchResult(string Op, string Path, string? Etag = null, long? Size = null, string? Content = null, string? Encoding = null, int? Replacements = null);

internal sealed record FsBatchResult(IReadOnlyList<BatchResult> Results);

internal sealed class FsBatchTool(FileService files)
    : TypedTool<FsBatchArguments, FsBatchResult>(Facts, McpJson.Default.FsBatchArguments, McpJson.Default.FsBatchResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_batch", "Change several files",
        "Does several file operations as one: all or nothing.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsBatch);

    protected override string? TargetOf(FsBatchArguments arguments) => string.Join(", ", arguments.Operations.Select(one => $"{one.Op} {one.Path}{(one.Target is null ? "" : $" {one.Target}")}"));

    protected override async Task<FsBatchResult> CallAsync(FsBatchArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var outcomes = await files.BatchAsync(call.Owner, arguments.ContainerId, [.. arguments.Operations.Select(Operation)], cancellationToken);
        return new([.. outcomes.Select(outcome => new BatchResult(outcome.Op, outcome.Path, outcome.Entry?.Etag, outcome.Entry?.Size, outcome.Content, outcome.Encoding, outcome.Replacements))]);
    }

    protected override string Render(FsBatchResult result) =>
        string.Join('\n', result.Results.Select(one => $"{one.Op} {one.Path}{(one.Etag is null ? "" : $" etag {one.Etag}")}{(one.Content is null ? "" : $"\n{one.Content}")}"));

    private static BatchOperation Operation(BatchArguments given) => new()
    {
        Op = given.Op,
        Path = given.Path,
        Target = given.Target,
        Content = given.Content,
        Encoding = given.Encoding,
        Mode = given.Mode,
        CreateParents = given.CreateParents,
        Recursive = given.Recursive,
        Overwrite = given.Overwrite,
        IfMatch = given.IfMatch,
        IfNoneMatch = given.IfNoneMatch,
        Edits = [.. (given.Edits ?? []).Select(edit => new FileEdit(edit.OldText, edit.NewText, edit.ReplaceAll))],
    };
}
