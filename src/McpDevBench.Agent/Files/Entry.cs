using System.Numerics;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>The kernel's data about one entry of the file system.</summary>
internal readonly unsafe struct Entry(Statx stat)
{
    public const uint PermissionBits = 0x1ff;

    public FileKind Kind => (stat.Mode & Abi.S_IFMT) switch
    {
        Abi.S_IFREG => FileKind.File,
        Abi.S_IFDIR => FileKind.Directory,
        Abi.S_IFLNK => FileKind.Link,
        Abi.S_IFIFO => FileKind.Fifo,
        Abi.S_IFSOCK => FileKind.Socket,
        Abi.S_IFCHR => FileKind.CharacterDevice,
        _ => FileKind.BlockDevice,
    };

    public long Size => stat.Size;

    /// <summary>Bytes on the disk.</summary>
    public ulong Allocated => stat.Blocks * 512;

    /// <summary>Bytes on the disk, divided by the number of hard links: over all links of a file they add up to its size.</summary>
    public ulong AllocatedShare => Allocated / Math.Max(1, stat.Links);

    /// <summary>Without setuid, setgid and sticky bit: those are never passed on.</summary>
    public uint Permissions => stat.Mode & PermissionBits;

    /// <summary>With setuid, setgid and sticky bit: to put back what was there.</summary>
    public uint Mode => stat.Mode & 0xfffu;

    public long MtimeSeconds => stat.Modified.Seconds;

    /// <summary>Names of the file: hard links.</summary>
    public uint Links => stat.Links;

    public (uint User, uint Group) Owner => (stat.Uid, stat.Gid);

    public (ulong Inode, ulong Device) Identity => (stat.Inode, ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor);

    /// <summary>The one recipe of etags.</summary>
    public ulong Etag
        => Mix(Mix(Mix(Mix(0, stat.Inode), (ulong)stat.Size), (ulong)stat.Modified.Nanoseconds), (ulong)stat.Changed.Nanoseconds);

    /// <summary>Of an open descriptor.</summary>
    public static Entry Of(int fd, ReadOnlySpan<byte> path)
    {
        Statx stat;
        fixed (byte* empty = "\0"u8)
        {
            if (Libc.statx(fd, empty, Abi.AT_EMPTY_PATH, Abi.STATX_BASIC, &stat) != 0)
                throw Errno.ToException(path);
        }
        return new Entry(stat);
    }

    /// <summary>Of a name in a directory, without following it; null if there is none.</summary>
    /// <param name="path">As errors name it; without it, the name.</param>
    public static Entry? Find(int directory, byte[] name, byte[]? path = null)
    {
        Statx stat;
        fixed (byte* z = name)
        {
            if (Libc.statx(directory, z, Abi.AT_SYMLINK_NOFOLLOW, Abi.STATX_BASIC, &stat) == 0)
                return new Entry(stat);
        }
        return Errno.Last == Errno.ENOENT ? null : throw Errno.ToException(path ?? name[..^1]);
    }

    /// <summary>Whether the names in an open directory may be looked up: reading them needs another permission. If not, the error number is
    /// set.</summary>
    public static bool CanLookUp(int directory)
    {
        Statx stat;
        fixed (byte* self = ".\0"u8)
            return Libc.statx(directory, self, Abi.AT_SYMLINK_NOFOLLOW, Abi.STATX_BASIC, &stat) == 0;
    }

    /// <param name="fd">The entry itself, open as a path: for reading where a link leads.</param>
    public FileStat ToFileStat(ReadOnlySpan<byte> path, int fd)
        => Describe(path, Kind == FileKind.Link ? LinkTarget(fd, "\0"u8) : []);

    public FileStat ToFileStat(ReadOnlySpan<byte> path, int directory, byte[] name)
        => Describe(path, Kind == FileKind.Link ? LinkTarget(directory, name) : []);

    /// <summary>Where a link points, as its bytes are; empty if it has just gone.</summary>
    public static byte[] LinkTarget(int directory, ReadOnlySpan<byte> name)
    {
        Span<byte> target = stackalloc byte[Protocol.MaxPath + 1];
        nint length;
        fixed (byte* z = name, to = target)
            length = Libc.readlinkat(directory, z, to, target.Length);
        return length <= 0 ? [] : target[..(int)length].ToArray();
    }

    private FileStat Describe(ReadOnlySpan<byte> path, byte[] target) => new(
        path.TrimEnd((byte)'/').ToArray(), Kind, stat.Size, Mode, stat.Uid, stat.Gid, stat.Modified.Nanoseconds, Etag, target)
    {
        Links = stat.Links,
    };

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (BitOperations.RotateLeft(hash, 23) ^ value) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 32);
    }
}
