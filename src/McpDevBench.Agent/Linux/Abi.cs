using System.Runtime.InteropServices;

namespace McpDevBench.Agent.Linux;

/// <summary>Numbers of the kernel's interface.</summary>
internal static class Abi
{
    // Two of the open flags and the packing of epoll_event are the only things here that differ between the two architectures.
    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200,
        O_APPEND = 0x400, O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public static readonly int O_DIRECTORY = s_arm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = s_arm ? 0x8000 : 0x20000;
    public static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;

    public const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;
    public const int SEEK_SET = 0, FALLOC_FL_KEEP_SIZE = 1;
    public const int AT_EACCESS = 0x200;
    public const uint RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2;
    public const uint STATX_BASIC = 0x7ff;
    public const int X_OK = 1;

    public const nint SYS_openat2 = 437, SYS_close_range = 436;
    public const nint CLOSE_RANGE_CLOEXEC = 4;
    public const ulong RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8;

    public const int F_SETFD = 2, FD_CLOEXEC = 1, F_GETFL = 3, F_SETFL = 4, F_ADD_SEALS = 1033, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4;
    public const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
    public const nuint FIONREAD = 0x541B, TCGETS = 0x5401, TIOCSWINSZ = 0x5414, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431;

    public const int EPOLL_CLOEXEC = O_CLOEXEC, EPOLL_ADD = 1, EPOLL_DEL = 2, EPOLL_MOD = 3;
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16;
    public static readonly int EpollEventSize = s_arm ? 16 : 12;
    public static readonly int EpollDataOffset = s_arm ? 8 : 4;
    public const short POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16;

    public const int AF_UNIX = 1, SOCK_STREAM = 1, SOCK_NONBLOCK = O_NONBLOCK, SOCK_CLOEXEC = O_CLOEXEC, SHUT_WR = 1, SOL_SOCKET = 1,
        SO_PEERCRED = 17;

    public const int SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
        SIGXFSZ = 25;
    public const int SIG_BLOCK = 0;
    public const nint SIG_IGN = 1;

    public const int P_ALL = 0, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000;
    public const int RLIMIT_LOCKS = 10, PRIO_PROCESS = 0, AgentPriority = -10, SCHED_OTHER = 0;
    public const int PR_SET_DUMPABLE = 4, PR_SET_KEEPCAPS = 8, PR_SET_NAME = 15, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24,
        PR_SET_CHILD_SUBREAPER = 36, PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_RAISE = 2;
    public const int CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_SYS_NICE = 23;
    public const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    public const uint S_IFMT = 0xF000, S_IFSOCK = 0xC000, S_IFLNK = 0xA000, S_IFREG = 0x8000, S_IFBLK = 0x6000, S_IFDIR = 0x4000,
        S_IFCHR = 0x2000, S_IFIFO = 0x1000;
    public const byte DT_UNKNOWN = 0, DT_DIR = 4, DT_REG = 8, DT_LNK = 10;
}
