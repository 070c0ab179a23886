using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsStatArguments(string ContainerId, string Path);

internal sealed record EntryResult(
    string Path, string Type, long Size, string Mode, int Uid, int Gid, string Mtime, string Etag, string? MimeType = null,
    string? LinkTarget = null, long? Links = null)
{
    public static EntryResult Of(FileEntry entry) =>
        new(
            entry.Path, entry.Type, entry.Size, entry.Mode, entry.Uid, entry.Gid, Words.Time(entry.Mtime), entry.Etag, entry.MimeType,
            entry.LinkTarget, FileWords.Links(entry));

    public string Render() => Words.Invariant(
        $"{Mode} {Uid}:{Gid} {Size,10} {Mtime} "
            + $"{ShownPath.Of(Path)}{FileWords.Kind(Type, LinkTarget)}");
}

internal sealed class FsStatTool(FileService files)
    : TypedTool<FsStatArguments, EntryResult>(Facts, McpJson.Default.FsStatArguments, McpJson.Default.EntryResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads(
        "fs_stat", "Look at a file", "Reports type, size, permissions, time and etag of a path.");

    protected override async Task<EntryResult> CallAsync(FsStatArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        EntryResult.Of(await files.StatAsync(call.Caller, arguments.ContainerId, arguments.Path, cancellationToken));

    protected override string Render(EntryResult result) =>
        $"{result.Render()}{(result.MimeType is null ? "" : $" {result.MimeType}")} etag {result.Etag}"
        + (result.Links is { } links ? Words.Invariant($" {links} hard links") : "");
}
