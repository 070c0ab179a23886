using System.Globalization;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>Finds files by their place and by what is in them, in pages of a bounded size.</summary>
internal sealed class FileFinder(WorkspaceFiles files)
{
    /// <summary>In the place of a line: all of the file has been searched.</summary>
    private const string WholeFile = "end";

    private const uint MaxEntries = 10_000, MaxMatches = 2_000, MaxContext = 20;

    public async Task<FilePage> ListAsync(Caller caller, ListFilesRequest request, CancellationToken cancellationToken)
    {
        var path = Directory(request.Path);
        var glob = GlobPattern.Normalize(request.Glob, path);
        var recursive = request.Recursive || GlobPattern.IsDeep(glob);
        var list = new ListRequest(
            path.Relative, recursive, glob, Math.Clamp((uint)request.MaxEntries, 1, MaxEntries),
            request.Cursor is null ? [] : ListCursor(path, request.Cursor).Relative, request.IncludeIgnored || !recursive);
        var answer = await ListAsync(caller, request.Container, list, cancellationToken);
        // Asked again for those that fit, so that what is counted belongs to what is listed.
        var fitting = Fitting(answer.Entries, request);
        if (fitting < answer.Entries.Count)
            answer = await ListAsync(caller, request.Container, list with { MaxEntries = (uint)fitting }, cancellationToken);
        var reached = answer.Reached.Length > 0 || answer.Entries.Count == 0 ? answer.Reached : answer.Entries[^1].Path;
        var cursor = answer.More && reached.Length > 0 ? WorkspacePath.TextOf(reached) : null;
        var mayNameDirectory = answer.Entries.Count == 0 || (answer.Entries.Count == 1 && answer.Entries[0].Kind == FileKind.Directory);
        return new FilePage([.. answer.Entries.Select(FileEntries.Of)], cursor)
        {
            NamedDirectory = mayNameDirectory
                ? await NamedDirectoryAsync(caller, request.Container, request.Path, request.Glob, cancellationToken)
                : null,
            IsRecursive = recursive,
            LeftOut = answer.Counts is { } counts
                ? new LeftOut(counts.Ignored, counts.Unmatched, counts.Unreadable, Git: counts.Git)
                : null,
        };
    }

    public async Task<FoundLines> SearchAsync(Caller caller, SearchFilesRequest request, CancellationToken cancellationToken)
    {
        var path = Directory(request.Path);
        SearchPattern.Check(request.Pattern, request.Literal);
        var (after, afterLine) = request.Cursor is null ? ([], 0) : ParseCursor(path, request.Cursor);
        var search = new SearchRequest(
            path.Relative, request.Literal ? request.Pattern : PatternDialect.Translate(request.Pattern), request.Literal,
            request.IgnoreCase, GlobPattern.Normalize(request.Glob, path),
            Math.Clamp((uint)request.Context, 0, MaxContext), Math.Clamp((uint)request.MaxResults, 1, MaxMatches), request.IncludeIgnored)
        {
            After = after,
            AfterLine = afterLine,
        };
        SearchResponse answer;
        try
        {
            answer = await files.RequestAsync(
                caller, request.Container, "search", Opcode.Search, search.Write, SearchResponse.Read, repeatable: true, cancellationToken);
        }
        catch (RequestException e) when (
            !request.Literal && e.Code == ErrorCode.InvalidArgument && e.Message.StartsWith("pattern:", StringComparison.Ordinal))
        {
            throw new RequestException(
                e.Code, e.Message, "Pass literal=true to find the text as it is, or correct the regular expression.", e.Retryable, e);
        }
        if (answer.Limits is null && request.Cursor is not null)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, "The workspace was made by an older version of the server, which cannot go on with a search.",
                "Search again without cursor, with a narrower pattern, path or glob.");
        }
        var found = Found(answer, request) with { SpansLines = !request.Literal && SearchPattern.MaySpanLines(request.Pattern) };
        if (found.Matches.Count > 0)
            return found;
        return found with
        {
            NamedDirectory = await NamedDirectoryAsync(
                caller, request.Container, request.Path, request.Glob, cancellationToken),
            GlobNote = GlobPattern.Misunderstanding(request.Glob),
            PatternNote = request.Literal ? null : PatternDialect.Misunderstanding(request.Pattern),
        };
    }

    /// <summary>A glob without wildcards matches names of files; where a directory has the name, its insides were probably meant.</summary>
    private async Task<string?> NamedDirectoryAsync(
        Caller caller, string container, string path, string? glob, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(glob) || !GlobPattern.IsPlain(glob))
            return null;
        try
        {
            var directory = WorkspacePath.Parse(glob[0] == '/' ? glob : $"{Directory(path)}/{glob}");
            var stat = await files.RequestAsync(
                caller, container, "stat", Opcode.Stat, new StatRequest(directory.Relative).Write, FileStat.Read, repeatable: true,
                cancellationToken);
            return stat.Kind == FileKind.Directory ? directory.ToString() : null;
        }
        catch (RequestException e) when (e.Code is ErrorCode.FileNotFound or ErrorCode.PathDenied or ErrorCode.InvalidArgument)
        {
            // Then it names none.
            return null;
        }
    }

    /// <summary>An empty one is as if it were not given, as many clients send it.</summary>
    private static WorkspacePath Directory(string path) => WorkspacePath.Parse(path.Length == 0 ? "." : path);

    /// <summary>A cursor is a place below the directory that it belongs to, or that file itself.</summary>
    private static WorkspacePath Below(WorkspacePath directory, WorkspacePath cursor)
    {
        if (directory.IsRoot || $"{cursor}/".StartsWith($"{directory}/", StringComparison.Ordinal))
            return cursor;
        throw new RequestException(
            ErrorCode.InvalidArgument, $"The cursor belongs to another path than {directory}.",
            "Call again with the path of the answer that the cursor is from, or leave cursor out to begin anew.");
    }

    private static WorkspacePath ListCursor(WorkspacePath directory, string cursor) => IsPath(cursor)
        ? Below(directory, WorkspacePath.Parse(cursor))
        : throw new RequestException(
            ErrorCode.InvalidArgument, "The cursor is not one of fs_list.",
            "Pass next_cursor as fs_list answered it, or leave cursor out to begin anew.");

    /// <summary>As the paths in answers are.</summary>
    private static bool IsPath(string cursor) => cursor.StartsWith("/workspace/", StringComparison.Ordinal);

    private Task<ListResponse> ListAsync(Caller caller, string container, ListRequest list, CancellationToken cancellationToken) =>
        files.RequestAsync(caller, container, "list", Opcode.List, list.Write, ListResponse.Read, repeatable: true, cancellationToken);

    private static int Fitting(IReadOnlyList<FileStat> entries, ListFilesRequest request)
    {
        var bytes = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            bytes += request.EntryBytes + SizeOf(entries[i].Path) + SizeOf(entries[i].LinkTarget);
            if (bytes > request.MaxBytes)
                return Math.Max(1, i);
        }
        return entries.Count;
    }

    private static int SizeOf(byte[] path) => JsonSize.Of(WorkspacePath.TextOf(path));

    private static FoundLines Found(SearchResponse answer, SearchFilesRequest request)
    {
        var matches = FoundLine.Separate([.. answer.Matches.Select(match => new FoundLine(
            WorkspacePath.TextOf(match.Path), (int)match.Line, match.Text, match.Before, match.After)
        {
            Offset = (long?)match.Offset,
            More = match.More,
            MoreAt = [.. match.MoreAt.Select(offset => (long)offset)],
            IsMoreUncounted = match.IsMoreUncounted,
        })]);
        var bytes = 0;
        var fitting = matches.TakeWhile(match => (bytes += match.Bytes) <= request.MaxBytes).Count();
        var found = new FoundLines(matches, (int)answer.Files);
        if (answer.Limits is { } limits)
        {
            found = found with
            {
                LeftOut = new LeftOut(
                    limits.Ignored, limits.Unmatched, limits.Unreadable, limits.Binary, limits.Git, limits.Links),
                LongLines = limits.LongLines,
                SlowLines = limits.SlowLines,
                Unfinished = limits.Unfinished,
                NextCursor = answer.Truncated ? CursorOf(WorkspacePath.TextOf(limits.Path), limits.Line) : null,
            };
        }
        if (fitting == matches.Count)
            return found with { End = answer.Truncated ? EndOf(answer.Limits?.Stop) : SearchEnd.Complete };
        var shown = matches[..Math.Max(1, fitting)];
        var cursor = answer.Limits is null ? null : CursorOf(shown[^1].Path, (uint)shown[^1].Line);
        return found with { Matches = shown, End = SearchEnd.Full, NextCursor = cursor };
    }

    private static SearchEnd EndOf(SearchStop? stop) => stop switch
    {
        SearchStop.Time => SearchEnd.Time,
        SearchStop.Pattern => SearchEnd.Pattern,
        _ => SearchEnd.Full,
    };

    private static string CursorOf(string path, uint line) =>
        $"{path}:{(line == uint.MaxValue ? WholeFile : line.ToString(CultureInfo.InvariantCulture))}";

    private static (byte[] Path, uint Line) ParseCursor(WorkspacePath directory, string cursor)
    {
        var colon = cursor.LastIndexOf(':');
        var end = cursor.AsSpan(colon + 1);
        var line = uint.MaxValue;
        if (colon > 0 && IsPath(cursor)
            && (end.SequenceEqual(WholeFile) || uint.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out line)))
            return (Below(directory, WorkspacePath.Parse(cursor[..colon])).Relative, line);
        throw new RequestException(
            ErrorCode.InvalidArgument, "The cursor is not one of fs_search.",
            "Pass next_cursor as fs_search answered it, or leave cursor out to begin anew.");
    }
}
