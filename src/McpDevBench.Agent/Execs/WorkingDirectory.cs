using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// The directory in which an exec starts. It may go anywhere afterwards. The kernel's own trees are not allowed.
/// </summary>
internal static unsafe class WorkingDirectory
{
    public static Fd Open(int workspace, ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)0) || path.Length > Protocol.MaxPath)
            throw new OperationException(AgentStatus.Invalid, "cwd: contains NUL, or is too long");
        int fd;
        fixed (byte* name = path.IsEmpty ? ".\0"u8 : Text.Z(path))
            fd = Libc.openat(workspace, name, Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_CLOEXEC, 0);
        if (fd < 0)
            throw Errno.ToException(Errno.Last, $"cwd {Text.Show(path)}");
        var opened = new Fd(fd);
        try
        {
            Check(fd, path);
            return opened;
        }
        catch (OperationException)
        {
            opened.Dispose();
            throw;
        }
    }

    private static void Check(int fd, ReadOnlySpan<byte> path)
    {
        fixed (byte* here = ".\0"u8)
        {
            if (Libc.faccessat(fd, here, Abi.X_OK, Abi.AT_EACCESS) != 0)
                throw Errno.ToException(Errno.Last, $"cwd {Text.Show(path)}");
        }
        Span<byte> real = stackalloc byte[64];
        nint length;
        fixed (byte* link = Text.Z($"/proc/self/fd/{fd}"), to = real)
            length = Libc.readlinkat(Abi.AT_FDCWD, link, to, real.Length);
        if (length > 0 && (IsBelow(real[..(int)length], "/proc"u8) || IsBelow(real[..(int)length], "/sys"u8)
            || IsBelow(real[..(int)length], "/dev"u8)))
            throw new OperationException(AgentStatus.PathDenied, $"cwd {Text.Show(path)}: not in /proc, /sys or /dev");
    }

    private static bool IsBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> root)
        => path.StartsWith(root) && (path.Length == root.Length || path[root.Length] == '/');
}
