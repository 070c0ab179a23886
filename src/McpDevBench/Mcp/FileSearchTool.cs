using System.ComponentModel;
using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record FsSearchArguments(
    string ContainerId,
    [Description("Regular expression, matched line by line.")] string Pattern,
    [Description("Take pattern as plain text.")] bool Literal = false,
    bool IgnoreCase = false,
    [Description("Directory or file.")] string Path = ContainerPaths.Workspace,
    [Description("Such as **/*.py, relative to path.")] string? Glob = null,
    [Description("Lines to show around a match.")][Between(0, 20)] int Context = 0,
    [Description("Default: what fits in 16 KB.")][Between(1, 2000)] int? MaxResults = null,
    [Description("Also .gitignored and binary files.")] bool IncludeIgnored = false,
    string? Cursor = null);

/// <param name="Offset">Byte of the file where the match begins, if the text is only a part of the line.</param>
/// <param name="More">How many matches follow behind that part, and where.</param>
internal sealed record MatchResult(
    string Path, int Line, string Text, long? Offset = null, IReadOnlyList<string>? Before = null, IReadOnlyList<string>? After = null,
    string? More = null)
{
    public static MatchResult Of(FoundLine found) =>
        new(found.Path, found.Line, found.Text, found.Offset, NullIfEmpty(found.Before), NullIfEmpty(found.After), MoreOf(found));

    private static string? MoreOf(FoundLine found)
    {
        if (found.More == 0)
            return found.IsMoreUncounted ? "this line may have more matches, which were not counted" : null;
        var count = Plural.Of(found.More, "more match", "more matches");
        var places = string.Join(", ", found.MoreAt);
        var where = found.MoreAt.Count == 0 ? "" : $", at {(found.MoreAt.Count == 1 ? "byte" : "bytes")} {places}";
        var rest = found.MoreAt.Count > 0 && found.MoreAt.Count < found.More ? ", …" : "";
        return $"{(found.IsMoreUncounted ? "at least " : "")}{count} in this line{where}{rest}";
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> lines) => lines.Count == 0 ? null : lines;
}

/// <param name="Truncated">There is, or may be, more.</param>
internal sealed record FsSearchResult(
    IReadOnlyList<MatchResult> Matches, int FilesSearched, bool? Truncated = null, string? NextCursor = null,
    LeftOutResult? LeftOut = null, string? Hint = null)
{
    public static FsSearchResult Of(FoundLines found) => new([.. found.Matches.Select(MatchResult.Of)], found.FilesSearched)
    {
        Truncated = found.End == SearchEnd.Complete ? null : true,
        NextCursor = found.NextCursor,
        LeftOut = LeftOutResult.Of(found.LeftOut),
        Hint = HintOf(found),
    };

    public string Render()
    {
        var text = new StringBuilder();
        var context = Matches.Any(match => match.Before is not null || match.After is not null);
        var (path, shown) = ("", 0);
        foreach (var match in Matches)
        {
            var line = match.Line - (match.Before?.Count ?? 0);
            if (match.Path != path)
                text.Append(path.Length == 0 ? "" : "\n").Append(ShownPath.Of(path = match.Path)).Append('\n');
            else if (context && line > shown + 1)
                text.Append("--\n");
            Around(text, line, match.Before);
            var place = match.Offset is { } offset ? Words.Invariant($" (byte {offset})") : "";
            text.Append(Words.Invariant($"{match.Line}{place}: {match.Text}{(match.More is null ? "" : $" [{match.More}]")}\n"));
            Around(text, match.Line + 1, match.After);
            shown = match.Line + (match.After?.Count ?? 0);
        }
        return text.Append('[').AppendJoin(". ", Facts()).Append(']').ToString();
    }

    private IEnumerable<string> Facts()
    {
        var files = Matches.Select(match => match.Path).Distinct().Count();
        var (matches, places) = (Plural.Of(Matches.Count, "match", "matches"), Plural.Of(files, "file"));
        yield return Words.Invariant($"{matches} in {places}, {FilesSearched} searched");
        if (LeftOut is not null)
            yield return LeftOut.Render();
        if (Matches.Any(match => ShownPath.IsHiding(match.Path)))
            yield return ShownPath.Note;
        if (Hint is not null)
            yield return Hint;
    }

    private static void Around(StringBuilder text, int line, IReadOnlyList<string>? lines)
    {
        foreach (var other in lines ?? [])
            text.Append(Words.Invariant($"{line++}- {other}\n"));
    }

    private static string? HintOf(FoundLines found)
    {
        var parts = new List<string>();
        if (found.SlowLines is > 0 and var slow)
        {
            var lines = Plural.Of(slow, "line");
            parts.Add($"The pattern took too long on {lines}, taken as without a match: make it simpler");
        }
        if (found.Unfinished > 0)
            parts.Add("A file is too large to be searched to its end in time: use exec with grep for the rest of it");
        if (found.LongLines is > 0 and var cut)
        {
            var lines = Plural.Of(cut, "line");
            parts.Add($"{lines} over 240 KiB searched in pieces: a match of more than 32 KiB can be missed there");
        }
        if (found.SpansLines)
        {
            parts.Add(
                "Every line is searched by itself, so the pattern matches nothing across lines: "
                    + "use exec with a tool of the image for that");
        }
        if (found.PatternNote is { } meant)
            parts.Add(meant);
        if (found.NamedDirectory is { } directory)
            parts.Add($"{directory} is a directory, and a glob matches files: pass path={directory} to search in it");
        if (found.GlobNote is { } note)
            parts.Add(note);
        if (found.LeftOut is null && found.Matches.Count == 0)
        {
            parts.Add(
                "Files over 16 MiB and lines beyond 64 KiB were not searched: the workspace was made by an older version of the server");
        }
        if (found.End != SearchEnd.Complete)
        {
            var next = found.NextCursor is { } cursor ? $"go on with cursor={ShownPath.Of(cursor)}, or " : "";
            parts.Add($"{Reason(found.End)}: {next}narrow the pattern, path or glob");
        }
        return parts.Count == 0 ? null : string.Join(". ", parts);
    }

    private static string Reason(SearchEnd end) => end switch
    {
        SearchEnd.Time => "The search took too long and is not complete",
        SearchEnd.Pattern => "The search ended early because of the pattern",
        _ => "There are more matches",
    };
}

internal sealed class FsSearchTool(FileFinder files)
    : TypedTool<FsSearchArguments, FsSearchResult>(Facts, McpJson.Default.FsSearchArguments, McpJson.Default.FsSearchResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("fs_search", "Search in files",
        "Finds lines in files that match a pattern. Leaves out binary files and what .gitignore names.");

    protected override async Task<FsSearchResult> CallAsync(
        FsSearchArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        FsSearchResult.Of(await files.SearchAsync(call.Caller, new SearchFilesRequest
        {
            Container = arguments.ContainerId,
            Pattern = arguments.Pattern,
            Literal = arguments.Literal,
            IgnoreCase = arguments.IgnoreCase,
            Path = arguments.Path,
            Glob = arguments.Glob,
            Context = arguments.Context,
            MaxResults = arguments.MaxResults ?? 200,
            MaxBytes = FindSizes.MaxBytes(arguments.MaxResults is not null),
            IncludeIgnored = arguments.IncludeIgnored,
            Cursor = arguments.Cursor,
        }, cancellationToken));

    protected override string Render(FsSearchResult result) => result.Render();
}
