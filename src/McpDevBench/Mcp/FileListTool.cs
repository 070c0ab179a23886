using System.ComponentModel;
using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsListArguments(
    string ContainerId,
    string Path = ContainerPaths.Workspace,
    [Description("Also list subdirectories.")] bool Recursive = false,
    [Description("Such as **/*.py, relative to path.")] string? Glob = null,
    [Description("Also list what .gitignore names.")] bool IncludeIgnored = false,
    [Description("Also mode, uid, gid, mtime and etag.")] bool Details = false,
    [Description("Default: what fits in 16 KB.")][Between(1, 10_000)] int? MaxEntries = null,
    [Description("next_cursor of the previous page.")] string? Cursor = null);

/// <param name="Size">In bytes; of a file.</param>
internal sealed record ListedResult(
    string Path, string Type, long? Size = null, string? LinkTarget = null, string? Mode = null, int? Uid = null, int? Gid = null,
    string? Mtime = null, string? Etag = null)
{
    /// <summary>Bytes of an entry in JSON beside its path, at most.</summary>
    public static int Bytes(bool details) => details ? 190 : 65;

    public static ListedResult Of(FileEntry entry, bool details) =>
        new(entry.Path, entry.Type, entry.Type == "file" ? entry.Size : null, entry.LinkTarget)
    {
        Mode = details ? entry.Mode : null,
        Uid = details ? entry.Uid : null,
        Gid = details ? entry.Gid : null,
        Mtime = details ? Words.Time(entry.Mtime) : null,
        Etag = details ? entry.Etag : null,
    };

    public string Render()
    {
        var kind = FileWords.Kind(Type, LinkTarget);
        var details = Etag is null ? "" : Words.Invariant($"{Mode} {Uid}:{Gid} {Mtime} {Etag} ");
        return Words.Invariant($"{details}{Size,9} {ShownPath.Of(Path)}{kind}");
    }
}

/// <summary>Entries that are not in an answer, by what kept them out.</summary>
/// <param name="Ignored">.gitignore names them; the insides of directories are not counted.</param>
/// <param name="Unmatched">The glob does not match them.</param>
/// <param name="Unreadable">They could not be opened.</param>
/// <param name="Binary">Files that a search passed over.</param>
/// <param name="Git">.git directories.</param>
/// <param name="Links">Links that a search did not follow.</param>
internal sealed record LeftOutResult(
    long? Ignored, long? Unmatched, long? Unreadable, long? Binary, long? Git = null, long? Links = null)
{
    public static LeftOutResult? Of(LeftOut? counts)
    {
        if (counts is null || counts == new LeftOut(0, 0, 0))
            return null;
        return new(
            Known(counts.Ignored), Known(counts.Unmatched), Known(counts.Unreadable), Known(counts.Binary), Known(counts.Git),
            Known(counts.Links));
    }

    public string Render()
    {
        var includable = string.Join(", ", [.. Part(Binary, "binary"), .. Part(Ignored, "named by .gitignore"), .. Part(Git, ".git")]);
        string[] parts =
        [
            .. includable.Length == 0 ? [] : new[] { $"{includable} (include_ignored=true includes them)" },
            .. Part(Unmatched, "not matched by the glob"), .. Part(Links, Links == 1 ? "link not followed" : "links not followed"),
            .. Part(Unreadable, "unreadable"),
        ];
        return $"Left out: {string.Join(", ", parts)}";
    }

    private static long? Known(long count) => count > 0 ? count : null;

    private static IEnumerable<string> Part(long? count, string why) => count is null ? [] : [Words.Invariant($"{count} {why}")];
}

/// <param name="Hint">Why there is nothing, or what is different from what was asked for.</param>
internal sealed record FsListResult(
    IReadOnlyList<ListedResult> Entries, string? NextCursor = null, LeftOutResult? LeftOut = null, string? Hint = null)
{
    public static FsListResult Of(FilePage page, FsListArguments arguments) =>
        new([.. page.Entries.Select(entry => ListedResult.Of(entry, arguments.Details))], page.NextCursor)
        {
            LeftOut = LeftOutResult.Of(page.LeftOut),
            Hint = HintOf(page, arguments),
        };

    public string Render()
    {
        var text = new StringBuilder();
        foreach (var entry in Entries)
            text.Append(entry.Render()).Append('\n');
        return text.Append('[').AppendJoin(". ", Facts()).Append(']').ToString();
    }

    private IEnumerable<string> Facts()
    {
        yield return Plural.Of(Entries.Count, "entry", "entries");
        if (LeftOut is not null)
            yield return LeftOut.Render();
        if (Hint is not null)
            yield return Hint;
        if (Entries.Any(entry => ShownPath.IsHiding(entry.Path)))
            yield return ShownPath.Note;
        if (NextCursor is not null)
            yield return $"There are more: call again with cursor={ShownPath.Of(NextCursor)}";
    }

    private static string? HintOf(FilePage page, FsListArguments arguments)
    {
        if (page.LeftOut is null && page.IsRecursive && !arguments.IncludeIgnored)
            return ".gitignore is not followed: the workspace was made by an older version of the server";
        if (page.NamedDirectory is { } directory)
            return $"glob={arguments.Glob} is a directory: pass path={directory} to list what is in it";
        if (page.Entries.Count > 0 || page.NextCursor is not null || arguments.Cursor is not null)
            return null;
        if (arguments.Glob is { Length: > 0 } glob)
        {
            var nothing = page.IsRecursive
                ? $"Nothing below {arguments.Path} matches glob={glob}"
                : $"Nothing in {arguments.Path} itself matches glob={glob}; recursive=true looks below too";
            return GlobPattern.Misunderstanding(glob) is { } other ? $"{nothing}. {other}" : nothing;
        }
        return page.LeftOut is { Ignored: 0, Git: 0 } or null ? "The directory is empty" : null;
    }
}

internal sealed class FsListTool(FileFinder files)
    : TypedTool<FsListArguments, FsListResult>(Facts, McpJson.Default.FsListArguments, McpJson.Default.FsListResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_list", "List a directory",
        "Lists a directory. A recursive list (recursive, or a glob with / or **) leaves out what .gitignore names.");

    protected override async Task<FsListResult> CallAsync(FsListArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = await files.ListAsync(call.Caller, new ListFilesRequest
        {
            Container = arguments.ContainerId,
            Path = arguments.Path,
            Recursive = arguments.Recursive,
            Glob = arguments.Glob,
            IncludeIgnored = arguments.IncludeIgnored,
            MaxEntries = arguments.MaxEntries ?? 1000,
            MaxBytes = FindSizes.MaxBytes(arguments.MaxEntries is not null),
            EntryBytes = ListedResult.Bytes(arguments.Details),
            Cursor = arguments.Cursor,
        }, cancellationToken);
        return FsListResult.Of(page, arguments);
    }

    protected override string Render(FsListResult result) => result.Render();
}

/// <summary>How large a list or the matches of a search may be, in bytes of JSON.</summary>
internal static class FindSizes
{
    private const int Default = 16 << 10, Asked = 64 << 10;

    /// <param name="asked">The caller gave a number of its own.</param>
    public static int MaxBytes(bool asked) => asked ? Asked : Default;
}
