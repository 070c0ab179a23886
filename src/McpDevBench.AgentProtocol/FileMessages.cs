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

/// <summary>
/// What is known of one entry. Paths are raw bytes relative to the workspace, without a leading slash; the workspace itself is empty.
/// </summary>
/// <param name="Etag">Changes with every change of content or metadata: a hash over inode, size, modification and change time. The same in
/// every answer.</param>
/// <param name="LinkTarget">Raw bytes of a link's target; empty for anything else.</param>
public sealed record FileStat(
    byte[] Path, FileKind Kind, long Size, uint Mode, uint Uid, uint Gid, long MtimeNanoseconds, ulong Etag, byte[] LinkTarget)
{
    /// <summary>Hard links. Since version 3; 0 from an older agent.</summary>
    public uint Links { get; init; }

    public void Write(MessageWriter to)
    {
        to.Bytes(Path).Byte((byte)Kind).Int64(Size).UInt32(Mode).UInt32(Uid).UInt32(Gid)
            .Int64(MtimeNanoseconds).UInt64(Etag).Bytes(LinkTarget);
        if (to.Version >= 3)
            to.UInt32(Links);
    }

    public static FileStat Read(ref MessageReader from)
    {
        var stat = new FileStat(
            from.Bytes().ToArray(), (FileKind)from.Byte(), from.Int64(), from.UInt32(), from.UInt32(), from.UInt32(),
            from.Int64(), from.UInt64(), from.Bytes().ToArray());
        return from.Version < 3 ? stat : stat with { Links = from.UInt32() };
    }
}

/// <summary>Describes the entry itself: a final link is not followed, links on the way are (if they stay inside).</summary>
public sealed record StatRequest(byte[] Path)
{
    public void Write(MessageWriter to) => to.Bytes(Path);

    public static StatRequest Read(ref MessageReader from) => new(from.Bytes().ToArray());
}

/// <summary>Read a regular file; a final link is followed if it stays inside the workspace.</summary>
/// <param name="Offset">Bytes from the start; beyond the end gives nothing.</param>
/// <param name="Length">At most so many bytes; <see cref="ulong.MaxValue"/> for all.</param>
/// <param name="IfMatch">Only if the file that is opened has this etag.</param>
public sealed record ReadRequest(byte[] Path, ulong Offset, ulong Length, ulong? IfMatch = null)
{
    public void Write(MessageWriter to) => to.Bytes(Path).UInt64(Offset).UInt64(Length).Optional(IfMatch);

    public static ReadRequest Read(ref MessageReader from)
        => new(from.Bytes().ToArray(), from.UInt64(), from.UInt64(), from.OptionalUInt64());
}

/// <summary>
/// Replace (temporary file, fsync, rename) or append to a file. Through a final link, its target inside the workspace is written.
/// </summary>
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

/// <summary>
/// Write the entries below a directory (or one file) as an uncompressed POSIX tar. Only files, directories and links; names relative to the
/// path.
/// </summary>
/// <param name="Include">Globs; none means everything.</param>
/// <param name="Exclude">Globs that win over <paramref name="Include"/>; an excluded directory is not entered.</param>
public sealed record ExportRequest(byte[] Path, IReadOnlyCollection<string> Include, IReadOnlyCollection<string> Exclude)
{
    public void Write(MessageWriter to) => to.Bytes(Path).Strings(Include).Strings(Exclude);

    public static ExportRequest Read(ref MessageReader from) => new(from.Bytes().ToArray(), from.Strings(), from.Strings());
}

/// <summary>
/// Unpack a tar below a directory, all or nothing. Absolute names and <c>..</c> are errors, links are stored as they are and not followed;
/// devices are left out, setuid bits, owners and extended attributes are dropped.
/// </summary>
/// <param name="MustBeFree">Nothing may be at the path, or an empty directory. From version 2.</param>
public sealed record ImportRequest(byte[] Path, ulong MaxBytes, uint MaxEntries, bool MustBeFree = false)
{
    public void Write(MessageWriter to)
    {
        to.Bytes(Path).UInt64(MaxBytes).UInt32(MaxEntries);
        if (to.Version >= 2)
            to.Bool(MustBeFree);
    }

    public static ImportRequest Read(ref MessageReader from) =>
        new(from.Bytes().ToArray(), from.UInt64(), from.UInt32(), from.Version >= 2 && from.Bool());
}

/// <param name="Entries">Entries written.</param>
/// <param name="Bytes">Bytes of file content.</param>
/// <param name="Skipped">Entries that are neither file, directory nor link, and were left out.</param>
public sealed record TransferResponse(uint Entries, ulong Bytes, uint Skipped)
{
    public void Write(MessageWriter to) => to.UInt32(Entries).UInt64(Bytes).UInt32(Skipped);

    public static TransferResponse Read(ref MessageReader from) => new(from.UInt32(), from.UInt64(), from.UInt32());
}
