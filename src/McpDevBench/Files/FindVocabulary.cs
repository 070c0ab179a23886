namespace McpDevBench.Files;

internal sealed record ListFilesRequest
{
    public required string Container { get; init; }
    public required string Path { get; init; }
    public bool Recursive { get; init; }

    /// <summary>One that matches more than one directory makes the list recursive.</summary>
    public string? Glob { get; init; }

    /// <summary>In a recursive list: also what .gitignore files name, and .git directories.</summary>
    public bool IncludeIgnored { get; init; }

    public int MaxEntries { get; init; } = 1000;

    /// <summary>Bytes of all entries together; each counts with its path and <see cref="EntryBytes"/>.</summary>
    public int MaxBytes { get; init; } = int.MaxValue;

    public int EntryBytes { get; init; }
    public string? Cursor { get; init; }
}

internal sealed record FilePage(IReadOnlyList<FileEntry> Entries, string? NextCursor)
{
    /// <summary>The directory that the glob names, and would have been meant as the path; null if there is none.</summary>
    public string? NamedDirectory { get; init; }

    public bool IsRecursive { get; init; }

    /// <summary>What is not listed; null where the workspace's agent is too old to report it.</summary>
    public LeftOut? LeftOut { get; init; }
}

/// <summary>What a list or a search has left out, in numbers of entries.</summary>
/// <param name="Ignored">Named by .gitignore files; the insides of directories are not counted.</param>
/// <param name="Unmatched">Not matched by the glob.</param>
/// <param name="Unreadable">Could not be opened.</param>
/// <param name="Binary">Files that a search passed over.</param>
/// <param name="Git">Directories of Git repositories.</param>
/// <param name="Links">Links that a search did not follow.</param>
internal sealed record LeftOut(long Ignored, long Unmatched, long Unreadable, long Binary = 0, long Git = 0, long Links = 0);

internal sealed record SearchFilesRequest
{
    public required string Container { get; init; }
    public required string Pattern { get; init; }
    public bool Literal { get; init; }
    public bool IgnoreCase { get; init; }
    public string Path { get; init; } = ContainerPaths.Workspace;
    public string? Glob { get; init; }
    public int Context { get; init; }
    public int MaxResults { get; init; } = 200;

    /// <summary>Of <see cref="FoundLine.Bytes"/>, all matches together.</summary>
    public int MaxBytes { get; init; } = int.MaxValue;

    public bool IncludeIgnored { get; init; }
    public string? Cursor { get; init; }
}

/// <param name="Text">Of a long line what is around the match, with … where it is cut.</param>
internal sealed record FoundLine(string Path, int Line, string Text, IReadOnlyList<string> Before, IReadOnlyList<string> After)
{
    // Names and punctuation of a match in JSON.
    private const int Overhead = 45, OffsetBytes = 12;

    /// <summary>Where the match begins in the file, in bytes, if the line is cut.</summary>
    public long? Offset { get; init; }

    /// <summary>Matches of a line that is cut, behind the text.</summary>
    public long More { get; init; }

    /// <summary>Where the first of them begin in the file, in bytes.</summary>
    public IReadOnlyList<long> MoreAt { get; init; } = [];

    /// <summary>There may be more than <see cref="More"/>.</summary>
    public bool IsMoreUncounted { get; init; }

    public int Bytes => Overhead + (MoreAt.Count * OffsetBytes) + JsonSize.Of(Path) + JsonSize.Of(Text)
        + Before.Concat(After).Sum(line => JsonSize.Of(line) + 3);

    /// <summary>The matches of a search, in order, without a line that is there twice.</summary>
    public static List<FoundLine> Separate(IReadOnlyList<FoundLine> matches)
    {
        var separate = new List<FoundLine>(matches.Count);
        foreach (var match in matches)
        {
            var own = match;
            if (separate.Count > 0 && separate[^1] is var last && last.Path == match.Path)
            {
                last = last with { After = [.. last.After.Take(Math.Max(0, match.Line - last.Line - 1))] };
                separate[^1] = last;
                var free = match.Line - (last.Line + last.After.Count) - 1;
                own = match with { Before = [.. match.Before.TakeLast(Math.Max(0, free))] };
            }
            separate.Add(own);
        }
        return separate;
    }
}

/// <summary>Why a search ended.</summary>
internal enum SearchEnd
{
    /// <summary>It has seen everything.</summary>
    Complete,

    /// <summary>There are as many matches as an answer may have.</summary>
    Full,
    Time,

    /// <summary>The pattern takes too long on some lines.</summary>
    Pattern,
}

internal sealed record FoundLines(IReadOnlyList<FoundLine> Matches, int FilesSearched)
{
    public SearchEnd End { get; init; }

    /// <summary>Where to go on; null at the end, and where the workspace's agent is too old for that.</summary>
    public string? NextCursor { get; init; }

    /// <summary>Null where the workspace's agent is too old to report it.</summary>
    public LeftOut? LeftOut { get; init; }

    /// <summary>As in <see cref="FilePage"/>.</summary>
    public string? NamedDirectory { get; init; }

    /// <summary>Why the glob may have been meant otherwise; where nothing was found.</summary>
    public string? GlobNote { get; init; }

    /// <summary>Why the pattern may have been meant otherwise; where nothing was found.</summary>
    public string? PatternNote { get; init; }

    /// <summary>The pattern asks for what only text across lines could have.</summary>
    public bool SpansLines { get; init; }

    /// <summary>Lines so long that they were searched in pieces.</summary>
    public long LongLines { get; init; }

    /// <summary>Lines on which the pattern took too long, and which count as without a match.</summary>
    public long SlowLines { get; init; }

    /// <summary>Files that took too long to be searched to their end.</summary>
    public long Unfinished { get; init; }
}
