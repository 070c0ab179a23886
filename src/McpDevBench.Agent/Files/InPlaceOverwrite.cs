using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Replaces the content of a file in place, as editors do. For a file with properties that a new one would lose: hard links, another
/// owner, an access control list, user attributes.
/// </summary>
internal sealed unsafe class InPlaceOverwrite(Fd file, byte[] path) : IDisposable
{
    private const int MaxNames = 4 << 10;

    private TempFile? _saved;
    private uint _savedMode;

    /// <returns>Null if a new file can take its place, or the old one is not writable.</returns>
    /// <param name="fresh">The file that would take its place.</param>
    public static InPlaceOverwrite? TryBegin(Place place, Entry? before, Fd fresh, byte[] path)
    {
        if (before is not { Kind: FileKind.File } old)
            return null;
        if (old.Links < 2 && old.Owner == Entry.Of(fresh, path).Owner && !HasAttributes(place))
            return null;
        var fd = Open(place, Abi.O_RDWR);
        if (fd < 0)
            return null;
        var file = new Fd(fd);
        if (Entry.Of(file, path).Identity == old.Identity)
            return new InPlaceOverwrite(file, path);
        file.Dispose();
        return null;
    }

    /// <summary>What is there now, to be able to go back to it.</summary>
    public void Save(Place place)
    {
        _savedMode = Entry.Of(file, path).Permissions;
        _saved = TempFile.Create(place.Directory, path);
        FileReplacement.Copy(file, _saved.Fd, 0, long.MaxValue, path);
    }

    /// <param name="mode">Permission bits, or <see cref="WriteRequest.KeepMode"/>.</param>
    public void Write(Fd content, uint mode)
    {
        var size = Entry.Of(content, path).Size;
        // Before anything is changed: a full disk must not cost the half of a file.
        if (size > 0 && Libc.fallocate(file, Abi.FALLOC_FL_KEEP_SIZE, 0, size) != 0 && Errno.Last != Errno.EOPNOTSUPP)
            throw Errno.ToException(path);
        Fill(content, size);
        var permissions = mode == WriteRequest.KeepMode ? Entry.Of(file, path).Permissions : mode & Entry.PermissionBits;
        FileReplacement.Finish(file, permissions, path);
    }

    /// <returns>False if what was saved could not be written back.</returns>
    public bool Restore()
    {
        if (_saved is not { } saved)
            return true;
        try
        {
            Fill(saved.Fd, Entry.Of(saved.Fd, path).Size);
            return Libc.fchmod(file, _savedMode) == 0;
        }
        catch (OperationException)
        {
            // The batch reports that not everything could be undone.
            return false;
        }
    }

    public void Dispose()
    {
        _saved?.Dispose();
        file.Dispose();
    }

    private void Fill(Fd content, long size)
    {
        if (Libc.lseek(file, 0, Abi.SEEK_SET) < 0)
            throw Errno.ToException(path);
        FileReplacement.Copy(content, file, 0, size, path);
        if (Libc.ftruncate(file, size) != 0)
            throw Errno.ToException(path);
    }

    private static int Open(Place place, int access) => RootDirectory.TryOpenBelow(
        place.Directory, place.Name.AsSpan(..^1), access | Abi.O_NOFOLLOW | Abi.O_NONBLOCK | Abi.O_NOCTTY);

    private static bool HasAttributes(Place place)
    {
        var opened = Open(place, Abi.O_RDONLY);
        if (opened < 0)
            return false;
        using var fd = new Fd(opened);
        Span<byte> names = stackalloc byte[MaxNames];
        nint length;
        fixed (byte* to = names)
            length = Libc.flistxattr(fd, to, names.Length);
        if (length < 0)
            return Errno.Last == Errno.ERANGE;
        // A new file gets those that the system sets, such as a security label.
        return names[..(int)length].StartsWith("user."u8) || names[..(int)length].IndexOf("\0user."u8) >= 0
            || names[..(int)length].IndexOf("system.posix_acl_access"u8) >= 0;
    }
}
