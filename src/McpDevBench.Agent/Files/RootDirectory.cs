using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// A directory that no path leads out of, usually the workspace. The kernel resolves every path below it, in the call that opens it: a
/// link that is swapped meanwhile leads nowhere else.
/// </summary>
internal sealed unsafe class RootDirectory
{
    private const int Attempts = 64;

    private readonly ulong _resolve;

    public RootDirectory(string directory)
    {
        fixed (byte* path = Text.Z(directory))
            Root = Libc.openat(Abi.AT_FDCWD, path, Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_CLOEXEC, 0);
        if (Root < 0)
            throw Errno.ToException(Errno.Last, directory);
    }

    /// <param name="root">An open directory, which the caller closes.</param>
    /// <param name="resolve">How every path in it is resolved, besides that it stays below.</param>
    public RootDirectory(Fd root, ulong resolve) => (Root, _resolve) = (root, resolve);

    public int Root { get; }

    /// <summary>One change of the tree at a time: conditions are checked, and what they guard is done, under this lock.</summary>
    public Lock Mutation { get; } = new();

    /// <summary>Opens a path below the workspace; links on the way are followed as long as they stay inside.</summary>
    public Fd Open(ReadOnlySpan<byte> path, int flags, ulong resolve = 0) => OpenBelow(Root, path, flags, resolve | _resolve);

    /// <summary>As <see cref="Open"/>, without an exception for what cannot be opened.</summary>
    /// <returns>The descriptor, or -1 with the error number set.</returns>
    public int TryOpen(ReadOnlySpan<byte> path, int flags) => TryOpenBelow(Root, path, flags, _resolve);

    public static Fd OpenBelow(int directory, ReadOnlySpan<byte> path, int flags, ulong resolve = 0)
    {
        var fd = TryOpenBelow(directory, path, flags, resolve);
        return fd >= 0 ? new Fd(fd) : throw Errno.ToException(path);
    }

    /// <returns>The descriptor, or -1 with the error number set.</returns>
    public static int TryOpenBelow(int directory, ReadOnlySpan<byte> path, int flags, ulong resolve = 0)
    {
        Check(path);
        var how = new OpenHow { Flags = (uint)(flags | Abi.O_CLOEXEC),
            Resolve = Abi.RESOLVE_BENEATH | Abi.RESOLVE_NO_MAGICLINKS | resolve };
        var name = stackalloc byte[Protocol.MaxPath + 1];
        var length = path.IsEmpty ? 1 : path.Length;
        (path.IsEmpty ? "."u8 : path).CopyTo(new Span<byte>(name, length));
        name[length] = 0;
        for (var attempt = 1; ; attempt++)
        {
            var fd = (int)Libc.syscall(Abi.SYS_openat2, directory, (nint)name, (nint)(&how), sizeof(OpenHow));
            // EAGAIN: somewhere a rename happened while ".." was being resolved, and the kernel could not be sure.
            if (fd >= 0 || Errno.Last is not (Errno.EAGAIN or Errno.EINTR) || attempt == Attempts)
                return fd;
        }
    }

    /// <summary>The directory of an entry, held open, and the entry's name in it.</summary>
    public Place Locate(ReadOnlySpan<byte> path)
    {
        Check(path);
        var (parent, name) = Split(path);
        return new Place(Open(parent, Abi.O_PATH | Abi.O_DIRECTORY), name, path.ToArray());
    }

    /// <summary>The last component, which must be a plain name, and what is before it.</summary>
    public static (byte[] Parent, byte[] Name) Split(ReadOnlySpan<byte> path)
    {
        var shown = path;
        path = path.TrimEnd((byte)'/');
        if (path.IsEmpty)
            throw new OperationException(AgentStatus.PathDenied, "the workspace directory itself is not possible here");
        var slash = path.LastIndexOf((byte)'/');
        var name = path[(slash + 1)..];
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            throw new OperationException(AgentStatus.PathDenied, $"{Text.Show(shown)}: must end in a name");
        if (slash == 0)
            throw new OperationException(AgentStatus.PathDenied, $"{Text.Show(shown)}: must be relative to the workspace");
        return (path[..Math.Max(0, slash)].ToArray(), Text.Z(name));
    }

    /// <summary>What is at the path; a final link is described itself.</summary>
    public FileStat Describe(ReadOnlySpan<byte> path)
    {
        using var fd = Open(path, Abi.O_PATH | Abi.O_NOFOLLOW);
        return Entry.Of(fd, path).ToFileStat(path, fd);
    }

    public static void Check(ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)0))
            throw new OperationException(AgentStatus.Invalid, "a path cannot contain NUL");
        if (path.Length > Protocol.MaxPath)
            throw new OperationException(AgentStatus.Invalid, $"a path has at most {Protocol.MaxPath} bytes");
    }
}
