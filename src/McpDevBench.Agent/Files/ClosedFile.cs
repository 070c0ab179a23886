using System.Runtime.InteropServices;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Opens files to be copied or archived, also those whose mode denies reading to their own owner. The owner may change the mode, so it is
/// changed for as long as opening takes, and no such file keeps a whole tree from being copied.
/// </summary>
internal static unsafe class ClosedFile
{
    private const uint OwnerRead = 0x100; // 0400

    private const int Flags = Abi.O_RDONLY | Abi.O_NONBLOCK | Abi.O_NOCTTY;

    /// <returns>Negative if it cannot be opened, with the error number set. A link is not followed.</returns>
    public static int TryOpen(int directory, byte[] name)
    {
        var fd = OpenOnce(directory, name);
        if (fd >= 0 || Errno.Last != Errno.EACCES)
            return fd;
        if (Entry.Find(directory, name) is { Kind: AgentProtocol.FileKind.File } entry && (entry.Mode & OwnerRead) == 0
            && SetMode(directory, name, entry.Mode | OwnerRead))
        {
            fd = OpenOnce(directory, name);
            var isSame = fd >= 0 && Entry.Of(fd, name.AsSpan(..^1)).Identity == entry.Identity;
            if (isSame)
                Libc.fchmod(fd, entry.Mode);
            else if (fd < 0)
                SetMode(directory, name, entry.Mode);
        }
        if (fd < 0)
            Marshal.SetLastPInvokeError(Errno.EACCES);
        return fd;
    }

    private static int OpenOnce(int directory, byte[] name)
        => RootDirectory.TryOpenBelow(directory, name.AsSpan(..^1), Flags | Abi.O_NOFOLLOW);

    private static bool SetMode(int directory, byte[] name, uint mode)
    {
        fixed (byte* z = name)
            return Libc.fchmodat(directory, z, mode, 0) == 0;
    }
}
