using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsWriteArguments(
    string ContainerId,
    string Path,
    [Large][Instead(FsWriteArguments.ContentHint)] string Content,
    [OneOf(
        TextEncodings.Utf8Name, TextEncodings.Utf8WithMarkName, TextEncodings.Utf16LittleEndianName, TextEncodings.Utf16BigEndianName,
        TextEncodings.Latin1Name, TextEncodings.Windows1252Name, TextEncodings.Base64Name)]
    string Encoding = "utf8",
    [Description("Octal permissions, such as 755.")][Instead(FsWriteArguments.ModeHint)] string? Mode = null,
    [Description("Create missing parent directories.")] bool CreateParents = true,
    [Description("Add to the end instead of replacing.")] bool Append = false,
    [Description("Write only if the file has this etag.")] string? IfMatch = null,
    [Description("*: write only if the file does not exist.")][OneOf("*")] string? IfNoneMatch = null)
{
    public const string ContentHint = "content is the text of the file, also of a JSON file: \"{\\\"a\\\": 1}\".";

    public const string ModeHint = "mode is text of octal digits, such as \"755\": a number could be meant as decimal.";
}

internal sealed record FsWriteResult(string Path, long Size, string Etag, long? Links = null, string? Note = null);

internal sealed class FsWriteTool(FileService files)
    : TypedTool<FsWriteArguments, FsWriteResult>(Facts, McpJson.Default.FsWriteArguments, McpJson.Default.FsWriteResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_write", "Write a file",
        "Writes a whole file atomically. To change a part use fs_edit.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsWrite);

    protected override string? TargetOf(FsWriteArguments arguments) => arguments.Path;

    protected override async Task<FsWriteResult> CallAsync(FsWriteArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var (entry, note) = await files.WriteAsync(call.Caller, new WriteFileRequest
        {
            Container = arguments.ContainerId,
            Path = arguments.Path,
            Content = arguments.Content,
            Encoding = arguments.Encoding,
            Mode = arguments.Mode,
            CreateParents = arguments.CreateParents,
            Append = arguments.Append,
            IfMatch = arguments.IfMatch,
            IfNoneMatch = arguments.IfNoneMatch,
        }, cancellationToken);
        return new(entry.Path, entry.Size, entry.Etag, FileWords.Links(entry), note);
    }

    protected override string Render(FsWriteResult result) =>
        $"Wrote {ShownPath.Of(result.Path)}: {Plural.Of(result.Size, "byte")}, etag {result.Etag}.{FileWords.OfLinks(result.Links)}"
        + (result.Note is null ? "" : $" {result.Note}");
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
        var path = await files.DeleteAsync(
            call.Caller, arguments.ContainerId, arguments.Path, arguments.Recursive, arguments.IfMatch, cancellationToken);
        return new("deleted", path);
    }

    protected override string Render(FsDeleteResult result) => $"Deleted {ShownPath.Of(result.Path)}.";
}
