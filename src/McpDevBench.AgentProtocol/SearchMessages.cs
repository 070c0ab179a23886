namespace McpDevBench.AgentProtocol;

/// <summary>Find lines in the text files below a directory, or in one file.</summary>
/// <param name="Pattern">A .NET regular expression, or a literal.</param>
/// <param name="Glob">As in <see cref="ListRequest"/>.</param>
/// <param name="Context">Lines before and after each match.</param>
/// <param name="IncludeIgnored">Also what .gitignore files name, .git directories and binary files (a NUL in the first 8 KiB).</param>
public sealed record SearchRequest(
    byte[] Path, string Pattern, bool Literal, bool IgnoreCase, string Glob, uint Context, uint MaxResults, bool IncludeIgnored)
{
    /// <summary>Empty, or the file after whose <see cref="AfterLine"/> the search goes on. Since version 2.</summary>
    public byte[] After { get; init; } = [];

    public uint AfterLine { get; init; }

    public void Write(MessageWriter to)
    {
        to.Bytes(Path).String(Pattern).Bool(Literal).Bool(IgnoreCase).String(Glob).UInt32(Context).UInt32(MaxResults).Bool(IncludeIgnored);
        if (to.Version >= 2)
            to.Bytes(After).UInt32(AfterLine);
    }

    public static SearchRequest Read(ref MessageReader from)
    {
        var request = new SearchRequest(
            from.Bytes().ToArray(), from.String(), from.Bool(), from.Bool(), from.String(), from.UInt32(), from.UInt32(), from.Bool());
        return from.Version < 2 ? request : request with { After = from.Bytes().ToArray(), AfterLine = from.UInt32() };
    }
}

/// <param name="Line">Counted from 1.</param>
/// <param name="Text">The line without its end; of a long one what is around the match, with … where it is cut (version 1: its first
/// 1,000 characters).</param>
public sealed record SearchMatch(byte[] Path, uint Line, string Text, string[] Before, string[] After)
{
    /// <summary>Where the match begins in the file, in bytes, if the line is cut. Since version 2.</summary>
    public ulong? Offset { get; init; }

    /// <summary>Offsets that are sent of one line.</summary>
    public const int MaxMoreAt = 10;

    /// <summary>If the line is cut: matches behind the text. Since version 3.</summary>
    public uint More { get; init; }

    /// <summary>Where the first of them begin in the file, in bytes. Since version 3.</summary>
    public ulong[] MoreAt { get; init; } = [];

    /// <summary>There may be more of them than <see cref="More"/>: too many, or the pattern took too long. Since version 3.</summary>
    public bool IsMoreUncounted { get; init; }

    public void Write(MessageWriter to)
    {
        to.Bytes(Path).UInt32(Line).String(Text).Strings(Before).Strings(After);
        if (to.Version < 2)
            return;
        to.Optional(Offset);
        if (to.Version < 3)
            return;
        to.UInt32(More).Bool(IsMoreUncounted).UInt32((uint)MoreAt.Length);
        foreach (var offset in MoreAt)
            to.UInt64(offset);
    }

    public static SearchMatch Read(ref MessageReader from)
    {
        var match = new SearchMatch(from.Bytes().ToArray(), from.UInt32(), from.String(), from.Strings(), from.Strings());
        if (from.Version < 2)
            return match;
        match = match with { Offset = from.OptionalUInt64() };
        if (from.Version < 3)
            return match;
        match = match with { More = from.UInt32(), IsMoreUncounted = from.Bool() };
        var moreAt = new ulong[from.Count(minimumSize: sizeof(ulong))];
        for (var i = 0; i < moreAt.Length; i++)
            moreAt[i] = from.UInt64();
        return match with { MoreAt = moreAt };
    }
}

/// <param name="Files">Files that were searched.</param>
/// <param name="Truncated">There is, or may be, more than <paramref name="Matches"/>.</param>
public sealed record SearchResponse(IReadOnlyList<SearchMatch> Matches, uint Files, bool Truncated)
{
    /// <summary>Null from an agent of version 1, which does not report it.</summary>
    public SearchLimits? Limits { get; init; }

    public void Write(MessageWriter to)
    {
        to.UInt32(Files).Bool(Truncated).UInt32((uint)Matches.Count);
        foreach (var match in Matches)
            match.Write(to);
        if (to.Version >= 2)
            (Limits ?? new SearchLimits()).Write(to);
    }

    public static SearchResponse Read(ref MessageReader from)
    {
        var files = from.UInt32();
        var truncated = from.Bool();
        var matches = new SearchMatch[from.Count(minimumSize: 20)];
        for (var i = 0; i < matches.Length; i++)
            matches[i] = SearchMatch.Read(ref from);
        var response = new SearchResponse(matches, files, truncated);
        return from.Version < 2 ? response : response with { Limits = SearchLimits.Read(ref from) };
    }
}

/// <summary>Why a search ended before it had seen everything.</summary>
public enum SearchStop : byte
{
    None = 0,

    /// <summary>There are as many matches as were asked for.</summary>
    Results = 1,

    /// <summary>The answer is as large as it may be.</summary>
    Size = 2,

    /// <summary>The time for one search is over.</summary>
    Time = 3,

    /// <summary>The pattern takes too long on some lines.</summary>
    Pattern = 4,
}

/// <summary>What makes the result of a search incomplete.</summary>
public sealed record SearchLimits
{
    public SearchStop Stop { get; init; }

    /// <summary>If it stopped: the file and the line up to which everything is in the answer.</summary>
    public byte[] Path { get; init; } = [];

    public uint Line { get; init; }

    /// <summary>Files that are binary.</summary>
    public uint Binary { get; init; }

    /// <summary>Files and directories that .gitignore files name.</summary>
    public uint Ignored { get; init; }

    /// <summary>Directories of Git repositories. Since version 3.</summary>
    public uint Git { get; init; }

    /// <summary>Links, which are not followed. Since version 3.</summary>
    public uint Links { get; init; }

    /// <summary>Files that the glob does not match.</summary>
    public uint Unmatched { get; init; }

    /// <summary>Files and directories that could not be opened.</summary>
    public uint Unreadable { get; init; }

    /// <summary>Lines so long that they were searched in overlapping pieces.</summary>
    public uint LongLines { get; init; }

    /// <summary>Lines on which the pattern took too long, and which count as without a match.</summary>
    public uint SlowLines { get; init; }

    /// <summary>Files that alone took too long: the search goes on behind them.</summary>
    public uint Unfinished { get; init; }

    public void Write(MessageWriter to)
    {
        to.Byte((byte)Stop).Bytes(Path).UInt32(Line)
            .UInt32(Binary).UInt32(Ignored).UInt32(Unmatched).UInt32(Unreadable).UInt32(LongLines).UInt32(SlowLines)
            .UInt32(Unfinished);
        if (to.Version >= 3)
            to.UInt32(Git).UInt32(Links);
    }

    public static SearchLimits Read(ref MessageReader from) => new()
    {
        Stop = (SearchStop)from.Byte(),
        Path = from.Bytes().ToArray(),
        Line = from.UInt32(),
        Binary = from.UInt32(),
        Ignored = from.UInt32(),
        Unmatched = from.UInt32(),
        Unreadable = from.UInt32(),
        LongLines = from.UInt32(),
        SlowLines = from.UInt32(),
        Unfinished = from.UInt32(),
        Git = from.Version < 3 ? 0 : from.UInt32(),
        Links = from.Version < 3 ? 0 : from.UInt32(),
    };
}
