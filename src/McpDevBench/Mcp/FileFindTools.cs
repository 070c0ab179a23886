using System.ComponentModel;
using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsStatArguments(string ContainerId, string Path);

internal sealed record EntryResult(
    string Path, string Type, long Size, string Mode, int Uid, int Gid, string Mtime, string Etag, string? MimeType = null, string? LinkTarget = null)
{
    public static EntryResult Of(FileEntry entry) =>
        new(entry.Path, entry.Type, entry.Size, entry.Mode, entry.Uid, entry.Gid, Words.Time(entry.Mtime), entry.Etag, entry.MimeType, entry.LinkTarget);

    public string Render() => Words.Invariant($"{Mode} {Uid}:{Gid} {Size,10} {Mtime} {Path}{Type switch { "directory" => "/", "link" => $" -> {LinkTarget}", "file" => "", _ => $" ({Type})" }}");
}

internal sealed class FsStatTool(FileService files)
    : TypedTool<FsStatArguments, EntryResult>(Facts, McpJson.Default.FsStatArguments, McpJson.Default.EntryResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_stat", "Look at a file", "Reports type, size, permissions, time and etag of a path.");

    protected override async Task<EntryResult> CallAsync(FsStatArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        EntryResult.Of(await files.StatAsync(call.Owner, arguments.ContainerId, arguments.Path, cancellationToken));

    protected override string Render(EntryResult result) => $"{result.Render()} etag {result.Etag}";
}

internal sealed record FsListArguments(
    string ContainerId,
    string Path = "/workspace",
    [Description("Also list subdirectories.")] bool Recursive = false,
    [Description("Only matching paths, such as **/*.py.")] string? Glob = null,
    [Between(1, 10_000)] int MaxEntries = 1000,
    [Description("next_cursor of the previous page.")] string? Cursor = null);

internal sealed record FsListResult(IReadOnlyList<EntryResult> Entries, string? NextCursor = null);

internal sealed class FsListTool(FileService files)
    : TypedTool<FsListArguments, FsListResult>(Facts, McpJson.Default.FsListArguments, McpJson.Default.FsListResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_list", "List a directory", "Lists a directory. To find text in files use fs_search.");

    protected override async Task<FsListResult> CallAsync(FsListArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = await files.ListAsync(call.Owner, arguments.ContainerId, arguments.Path, arguments.Recursive, arguments.Glob, arguments.MaxEntries, arguments.Cursor, cancellationToken);
        return new([.. page.Entries.Select(EntryResult.Of)], page.NextCursor);
    }

    protected override string Render(FsListResult result) =>
        (result.Entries.Count == 0 ? "Nothing here." : string.Join('\n', result.Entries.Select(entry => entry.Render()))) + Words.More(result.NextCursor);
}

internal sealed record FsSearchArguments(
    string ContainerId,
    [Description("Regular expression, matched line by line.")] string Pattern,
    [Description("Take pattern as plain text.")] bool Literal = false,
    bool IgnoreCase = false,
    [Description("Directory or file to search.")] string Path = "/workspace",
    [Description("Only files that match, such as **/*.py.")] string? Glob = null,
    [Description("Lines to show around a match.")][Between(0, 20)] int Context = 0,
    [Between(1, 2000)] int MaxResults = 200,
    [Description("Also search .gitignored and binary files.")] bool IncludeIgnored = false);

internal sealed record MatchResult(string Path, int Line, string Text, IReadOnlyList<string>? Before = null, IReadOnlyList<string>? After = null);

internal sealed record FsSearchResult(IReadOnlyList<MatchResult> Matches, int FilesSearched, bool? Truncated = null);

internal sealed class FsSearchTool(FileService files)
    : TypedTool<FsSearchArguments, FsSearchResult>(Facts, McpJson.Default.FsSearchArguments, McpJson.Default.FsSearchResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_search", "Search in files", "Finds lines in files that match a pattern, and returns path, line number and text.");

    protected override async Task<FsSearchResult> CallAsync(FsSearchArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var found = await files.SearchAsync(call.Owner, new SearchFilesRequest
        {
            Container = arguments.ContainerId,
            Pattern = arguments.Pattern,
            Literal = arguments.Literal,
            IgnoreCase = arguments.IgnoreCase,
            Path = arguments.Path,
            Glob = arguments.Glob,
            Context = arguments.Context,
            MaxResults = arguments.MaxResults,
            IncludeIgnored = arguments.IncludeIgnored,
        }, cancellationToken);
        var matches = found.Matches.Select(match => new MatchResult(match.Path, match.Line, match.Text, NullIfEmpty(match.Before), NullIfEmpty(match.After)));
        return new([.. matches], found.FilesSearched, found.Truncated ? true : null);
    }

    protected override string Render(FsSearchResult result)
    {
        var text = new StringBuilder();
        foreach (var match in result.Matches)
        {
            Around(text, match.Path, match.Line - (match.Before?.Count ?? 0), match.Before);
            text.Append(Words.Invariant($"{match.Path}:{match.Line}: {match.Text}\n"));
            Around(text, match.Path, match.Line + 1, match.After);
        }
        return text.Append(Words.Invariant($"{result.Matches.Count} matches in {result.FilesSearched} files{(result.Truncated == true ? "; there are more: narrow the pattern, path or glob" : "")}.")).ToString();
    }

    private static void Around(StringBuilder text, string path, int line, IReadOnlyList<string>? lines)
    {
        foreach (var other in lines ?? [])
            text.Append(Words.Invariant($"{path}-{line++}- {other}\n"));
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> lines) => lines.Count == 0 ? null : lines;
}
