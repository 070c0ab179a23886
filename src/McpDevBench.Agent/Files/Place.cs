using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>A name in an open directory: what every change is made with, so that nothing on the way can be swapped.</summary>
/// <param name="name">NUL-terminated, one component.</param>
/// <param name="path">As errors name it; without it, the name.</param>
internal sealed unsafe class Place(Fd directory, byte[] name, byte[]? path = null) : IDisposable
{
    public Fd Directory => directory;

    public byte[] Name => name;

    /// <summary>The entry itself, or null if there is none.</summary>
    public Entry? Find() => Entry.Find(directory, name, path);

    /// <summary>Opens the entry itself: a link is not followed.</summary>
    public Fd Open(int flags)
    {
        var fd = RootDirectory.TryOpenBelow(directory, name.AsSpan(..^1), flags | Abi.O_NOFOLLOW);
        return fd >= 0 ? new Fd(fd) : throw Errno.ToException(path ?? name[..^1]);
    }

    public int Unlink(bool isDirectory = false)
    {
        fixed (byte* z = name)
            return Libc.unlinkat(directory, z, isDirectory ? Abi.AT_REMOVEDIR : 0);
    }

    public int MakeDirectory(uint mode)
    {
        fixed (byte* z = name)
            return Libc.mkdirat(directory, z, mode);
    }

    public int RenameTo(Fd toDirectory, byte[] toName, uint flags = 0)
    {
        fixed (byte* from = name, to = toName)
            return Libc.renameat2(directory, from, toDirectory, to, flags);
    }

    /// <summary>Another name of the same directory; the descriptor stays this one's.</summary>
    public Place Sibling(byte[] other) => new(directory, other);

    public void Dispose() => directory.Dispose();
}
