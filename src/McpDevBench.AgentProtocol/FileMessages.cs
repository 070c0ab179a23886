namespace McpDevBench.AgentProtocol;

public enum FileKind : byte
{
    File = 1,
    Directory = 2,
    Link = 3,
    Fifo = 4,
    Socket = 5,
    CharacterDevice = 6,
    BlockDevice = 7,
}

/// <summary>What is known of one entry. Paths are raw bytes relative to the workspace, without a leading slash; the workspace itself is empty.</summary>
/// <param name="Etag">Changes with every change of content or metadata: a hash over inode, size, modification and change time. The same in every answer.</param>
/// <param name="LinkTarget">Raw bytes of a link's target; empty for anything else.</param>
public sealed record FileStat(
    byte[] Path, FileKind Kind, long Size, uint Mode, uint Uid, uint Gid, long MtimeNanoseconds, ulong Etag, byte[] LinkTarget)
{
    public void Write(MessageWriter to) => to
        .Bytes(Path).Byte((byte)Kind).Int64(Size).UInt32(Mode).UInt32(Uid).UInt32(Gid)
        .Int64(MtimeNanoseconds).UInt64(Etag).Bytes(LinkTarget);

    public static FileStat Read(ref MessageReader from) => new(
        from.Bytes().ToArray(), (FileKind)from.Byte(), from.Int64(), from.UInt32(), from.UInt32(), from.UInt32(),
        from.Int64(), from.UInt64(), from.Bytes().ToArray());
}

/// <summary>Describes the entry itself: a final link is not followed, links on the way are (if they stay inside).</summary>
public sealed record StatRequest(byte[] Path)
{
    public void Write(MessageWriter to) => to.Bytes(Path);

    public static StatRequest Read(ref MessageReader from) => new(from.Bytes().ToArray());
}

/// <summary>List a directory, entries ordered by the bytes of their paths, a directory before what is in it.</summary>
/// <param name="Glob">Empty, or a pattern (<c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>{a,b}</c>, <c>**</c>) on the path relative to <paramref name="Path"/>; without a slash it is matched against the name alone.</param>
/// <param name="MaxEntries">At most so many entries; fewer if the answer would be larger than a frame.</param>
/// <param name="After">Empty, or the path of the last entry of the page before.</param>
public sealed record ListRequest(byte[] Path, bool Recursive, string Glob, uint MaxEntries, byte[] After)
{
    public void Write(MessageWriter to) => to.Bytes(Path).Bool(Recursive).String(Glob).UInt32(MaxEntries).Bytes(After);

    public static ListRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.Bool(), from.String(), from.UInt32(), from.Bytes().ToArray());
}

/// <param name="More">There are entries after the last one here.</param>
public sealed record ListResponse(IReadOnlyList<FileStat> Entries, bool More)
{
    public void Write(MessageWriter to)
    {
        to.Bool(More).UInt32((uint)Entries.Count);
        foreach (var entry in Entries)
            entry.Write(to);
    }

    public static ListResponse Read(ref MessageReader from)
    {
        var more = from.Bool();
        var entries = new FileStat[from.Count(minimumSize: 45)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = FileStat.Read(ref from);
        return new ListResponse(entries, more);
    }
}

/// <summary>Read a regular file; a final link is followed if it stays inside the workspace.</summary>
/// <param name="Offset">Bytes from the start; beyond the end gives nothing.</param>
/// <param name="Length">At most so many bytes; <see cref="ulong.MaxValue"/> for all.</param>
/// <param name="IfMatch">Only if the file that is opened has this etag.</param>
public sealed record ReadRequest(byte[] Path, ulong Offset, ulong Length, ulong? IfMatch = null)
{
    public void Write(MessageWriter to) => to.Bytes(Path).UInt64(Offset).UInt64(Length).Optional(IfMatch);

    public static ReadRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.UInt64(), from.UInt64(), from.OptionalUInt64());
}

/// <summary>Replace (temporary file, fsync, rename) or append to a file. Through a final link, its target inside the workspace is written.</summary>
/// <param name="Mode">Permission bits, or <see cref="KeepMode"/>: those of the file replaced, 0644 for a new one.</param>
/// <param name="IfMatch">Only if the file exists and has this etag.</param>
/// <param name="IfNoneMatch">Only if nothing exists at the path.</param>
public sealed record WriteRequest(byte[] Path, uint Mode, bool CreateParents, bool Append, ulong? IfMatch, bool IfNoneMatch)
{
    public const uint KeepMode = uint.MaxValue;

    public void Write(MessageWriter to) => to.Bytes(Path).UInt32(Mode).Bool(CreateParents).Bool(Append).Optional(IfMatch).Bool(IfNoneMatch);

    public static WriteRequest Read(ref MessageReader from) => new(
        from.Bytes().ToArray(), from.UInt32(), from.Bool(), from.Bool(), from.OptionalUInt64(), from.Bool());
}

/// <summary>Remove the entry itself (a link, not its target). The workspace cannot be removed.</summary>
public sealed record DeleteRequest(byte[] Path, bool Recursive, ulong? IfMatch)
{
    public void Write(MessageWriter to) => to.Bytes(Path).Bool(Recursive).Optional(IfMatch);

    public static DeleteRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.Bool(), from.OptionalUInt64());
}

/// <summary>Find lines in the text files below a directory, or in one file.</summary>
/// <param name="Pattern">A .NET regular expression, or a literal.</param>
/// <param name="Glob">As in <see cref="ListRequest"/>.</param>
/// <param name="Context">Lines before and after each match.</param>
/// <param name="IncludeIgnored">Also what .gitignore files name, .git directories and binary files (a NUL in the first 8 KiB).</param>
public sealed record SearchRequest(
    byte[] Path, string Pattern, bool Literal, bool IgnoreCase, string Glob, uint Context, uint MaxResults, bool IncludeIgnored)
{
    public void Write(MessageWriter to) => to
        .Bytes(Path).String(Pattern).Bool(Literal).Bool(IgnoreCase).String(Glob).UInt32(Context).UInt32(MaxResults).Bool(IncludeIgnored);

    public static SearchRequest Read(ref MessageReader from) => new(
        from.Bytes().ToArray(), from.String(), from.Bool(), from.Bool(), from.String(), from.UInt32(), from.UInt32(), from.Bool());
}

/// <param name="Line">Counted from 1.</param>
/// <param name="Text">The line without its end; cut after 1,000 characters.</param>
public sealed record SearchMatch(byte[] Path, uint Line, string Text, string[] Before, string[] After)
{
    public void Write(MessageWriter to) => to.Bytes(Path).UInt32(Line).String(Text).Strings(Before).Strings(After);

    public static SearchMatch Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.UInt32(), from.String(), from.Strings(), from.Strings());
}

/// <param name="Files">Files that were searched.</param>
/// <param name="Truncated">There is more than <paramref name="Matches"/>.</param>
public sealed record SearchResponse(IReadOnlyList<SearchMatch> Matches, uint Files, bool Truncated)
{
    public void Write(MessageWriter to)
    {
        to.UInt32(Files).Bool(Truncated).UInt32((uint)Matches.Count);
        foreach (var match in Matches)
            match.Write(to);
    }

    public static SearchResponse Read(ref MessageReader from)
    {
        var files = from.UInt32();
        var truncated = from.Bool();
        var matches = new SearchMatch[from.Count(minimumSize: 20)];
        for (var i = 0; i < matches.Length; i++)
            matches[i] = SearchMatch.Read(ref from);
        return new SearchResponse(matches, files, truncated);
    }
}

/// <summary>Write the entries below a directory (or one file) as an uncompressed POSIX tar. Only files, directories and links; names relative to the path.</summary>
/// <param name="Include">Globs; none means everything.</param>
/// <param name="Exclude">Globs that win over <paramref name="Include"/>; an excluded directory is not entered.</param>
public sealed record ExportRequest(byte[] Path, IReadOnlyCollection<string> Include, IReadOnlyCollection<string> Exclude)
{
    public void Write(MessageWriter to) => to.Bytes(Path).Strings(Include).Strings(Exclude);

    public static ExportRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.Strings(), from.Strings());
}

/// <summary>
/// Unpack a tar below a directory, all or nothing. Absolute names and <c>..</c> are refused, links are stored as they are and not followed; devices are left out,
/// setuid bits, owners and extended attributes are dropped.
/// </summary>
public sealed record ImportRequest(byte[] Path, ulong MaxBytes, uint MaxEntries)
{
    public void Write(MessageWriter to) => to.Bytes(Path).UInt64(MaxBytes).UInt32(MaxEntries);

    public static ImportRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.UInt64(), from.UInt32());
}

/// <param name="Entries">Entries written.</param>
/// <param name="Bytes">Bytes of file content.</param>
/// <param name="Skipped">Entries that are neither file, directory nor link, and were left out.</param>
public sealed record TransferResponse(uint Entries, ulong Bytes, uint Skipped)
{
    public void Write(MessageWriter to) => to.UInt32(Entries).UInt64(Bytes).UInt32(Skipped);

    public static TransferResponse Read(ref MessageReader from) => new(from.UInt32(), from.UInt64(), from.UInt32());
}
