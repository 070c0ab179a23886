using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>
/// A file without a name, until its content is complete. On a file system without O_TMPFILE it has a temporary name, which is always
/// removed.
/// </summary>
internal sealed unsafe class TempFile : IDisposable
{
    private readonly int _directory;
    private byte[]? _name;

    private TempFile(int directory, int fd, byte[]? name) => (_directory, Fd, _name) = (directory, new Fd(fd), name);

    public Fd Fd { get; }

    public const int RandomDigits = 16;

    /// <summary>Of the names that the agent makes up. A file of the workload may be called so too: nothing hides it.</summary>
    public static ReadOnlySpan<byte> Prefix => ".devbench-tmp-"u8;

    public static byte[] NewName()
    {
        var name = new byte[Prefix.Length + RandomDigits + 1];
        Prefix.CopyTo(name);
        ulong random;
        Libc.getrandom((byte*)&random, sizeof(ulong), 0);
        System.Buffers.Text.Utf8Formatter.TryFormat(random, name.AsSpan(Prefix.Length), out _,
            new System.Buffers.StandardFormat('x', RandomDigits));
        return name;
    }

    /// <param name="directory">Stays open for as long as this file; it is where the file can be given a name.</param>
    public static TempFile Create(int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* here = ".\0"u8)
        {
            var fd = Libc.openat(directory, here, Abi.O_TMPFILE | Abi.O_RDWR | Abi.O_CLOEXEC, 0x180);
            if (fd >= 0)
                return new TempFile(directory, fd, null);
        }
        if (Errno.Last is not (Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL))
            throw Errno.ToException(path);
        var name = NewName();
        fixed (byte* z = name)
        {
            var fd = Libc.openat(directory, z, Abi.O_CREAT | Abi.O_EXCL | Abi.O_RDWR | Abi.O_CLOEXEC, 0x180);
            return fd >= 0 ? new TempFile(directory, fd, name) : throw Errno.ToException(path);
        }
    }

    /// <summary>Give it a name that must be free.</summary>
    /// <returns>0, or -1 with the error number set.</returns>
    public int LinkAs(byte[] name)
    {
        if (_name is null)
        {
            fixed (byte* self = Text.Z($"/proc/self/fd/{Fd.Number}"), to = name)
                return Libc.linkat(Abi.AT_FDCWD, self, _directory, to, Abi.AT_SYMLINK_FOLLOW);
        }
        fixed (byte* from = _name, to = name)
        {
            if (Libc.renameat2(_directory, from, _directory, to, Abi.RENAME_NOREPLACE) != 0)
                return -1;
        }
        _name = null;
        return 0;
    }

    public void Dispose()
    {
        if (_name is { } name)
        {
            fixed (byte* z = name)
                Libc.unlinkat(_directory, z, 0);
        }
        Fd.Dispose();
    }
}
