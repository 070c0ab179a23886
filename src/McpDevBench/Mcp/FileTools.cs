using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsWriteArguments(
    string ContainerId,
    string Path,
    [Large] string Content,
    [Description("Of content.")]
    [OneOf(TextEncodings.Utf8Name, TextEncodings.Latin1Name, TextEncodings.Windows1252Name, TextEncodings.Base64Name)]
    string Encoding = "utf8",
    [Description("Octal permissions, such as 755.")] string? Mode = null,
    [Description("Create missing parent directories.")] bool CreateParents = true,
    [Description("Add to the end instead of replacing.")] bool Append = false,
    [Description("Write only if the file has this etag.")] string? IfMatch = null,
    [Description("*: write only if the file does not exist.")][OneOf("*")] string? IfNoneMatch = null);

internal sealed record FsWriteResult(string Path, long Size, string Etag);

internal sealed class FsWriteTool(FileService files)
    : TypedTool<FsWriteArguments, FsWriteResult>(Facts, McpJson.Default.FsWriteArguments, McpJson.Default.FsWriteResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_write", "Write a file",
        "Writes a whole file atomically. To change a part use fs_edit.",
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

internal sealed record EditArguments(
    [Description("Exact text; it must occur once, or set replace_all.")][Large] string OldText,
    [Large] string NewText,
    bool ReplaceAll = false);

internal sealed record FsEditArguments(
    string ContainerId,
    string Path,
    [Description("Applied in order.")] EditArguments[] Edits,
    [Description("Edit only if the file has this etag.")] string? IfMatch = null,
    [Description("Return the diff without writing.")] bool DryRun = false);

internal sealed record FsEditResult(string Path, string Etag, string Diff, int Replacements, bool DryRun);

internal sealed class FsEditTool(FileService files)
    : TypedTool<FsEditArguments, FsEditResult>(Facts, McpJson.Default.FsEditArguments, McpJson.Default.FsEditResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_edit", "Edit a file",
        "Replaces exact pieces of a text file, all or none, and returns the diff. Read the file first.",
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
        $"{(result.DryRun ? "Would make" : "Made")} {Plural.Of(result.Replacements, "replacement")} in {result.Path}, "
        + $"etag {result.Etag}.\n{result.Diff}";
}

internal sealed record FsDeleteArguments(
    string ContainerId,
    string Path,
    [Description("Also delete what a directory contains.")] bool Recursive = false,
    [Description("Delete only if the file has this etag.")] string? IfMatch = null);

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
