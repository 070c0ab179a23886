using System.Runtime.InteropServices;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Linux;

/// <summary>Error numbers of the kernel, and the answer that each becomes.</summary>
internal static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, ECHILD = 10, EAGAIN = 11,
        ENOMEM = 12, EACCES = 13, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23,
        EMFILE = 24, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28, EROFS = 30, EMLINK = 31, EPIPE = 32, ERANGE = 34, ENAMETOOLONG = 36,
        ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, EDQUOT = 122;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The failure that the last error amounts to.</summary>
    public static OperationException ToException(ReadOnlySpan<byte> path) => ToException(Last, Text.Show(path));

    public static OperationException ToException(int error, string what) => error switch
    {
        ENOENT => new(AgentStatus.NotFound, $"{what}: no such file or directory"),
        EXDEV => new(AgentStatus.PathDenied,
            $"{what}: leads out of the workspace (absolute links are not followed, even where they point inside)"),
        ELOOP => new(AgentStatus.PathDenied, $"{what}: goes through a link that is not followed here, or through too many"),
        ENOTDIR => new(AgentStatus.NotADirectory, $"{what}: is not a directory, or a part of its path is not one"),
        EISDIR => new(AgentStatus.IsADirectory, $"{what}: is a directory"),
        ENOTEMPTY => new(AgentStatus.NotEmpty, $"{what}: the directory is not empty"),
        ENXIO or ENODEV => new(AgentStatus.NotRegular, $"{what}: is not a regular file"),
        EACCES or EPERM or EROFS => new(AgentStatus.PermissionDenied, $"{what}: permission denied"),
        ENOSPC or EDQUOT => new(AgentStatus.NoSpace, $"{what}: no space left"),
        EFBIG => new(AgentStatus.NoSpace, $"{what}: over the file size limit"),
        ENAMETOOLONG => new(AgentStatus.Invalid, $"{what}: the name is too long"),
        EMFILE or ENFILE or ENOMEM or EAGAIN => new(AgentStatus.Exhausted, $"{what}: out of descriptors, processes or memory"),
        EINVAL => new(AgentStatus.Invalid, $"{what}: not possible with this path"),
        _ => new(AgentStatus.Failed, $"{what}: system error {error}"),
    };
}
