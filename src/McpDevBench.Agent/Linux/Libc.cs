using System.Runtime.InteropServices;

namespace McpDevBench.Agent.Linux;

/// <summary>The C library, as it is: a static executable links every one of these directly.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)] internal static partial nint read(int fd, byte* buffer, nint count);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint write(int fd, byte* buffer, nint count);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint pread(int fd, byte* buffer, nint count, long offset);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint pwrite(int fd, byte* buffer, nint count, long offset);
    [LibraryImport("libc")] internal static partial void close(int fd);
    [LibraryImport("libc", SetLastError = true)] internal static partial int openat(int directory, byte* path, int flags, uint mode);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint syscall(nint number, nint a, nint b, nint c, nint d);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);
    [LibraryImport("libc", SetLastError = true)] internal static partial int faccessat(int directory, byte* path, int mode, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int linkat(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int symlinkat(byte* target, int directory, byte* path);
    [LibraryImport("libc", SetLastError = true)] internal static partial int unlinkat(int directory, byte* path, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int mkdirat(int directory, byte* path, uint mode);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int renameat2(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fchmod(int fd, uint mode);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fchmodat(int directory, byte* path, uint mode, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fsync(int fd);
    [LibraryImport("libc", SetLastError = true)] internal static partial int statfs(byte* path, byte* result);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fstatfs(int fd, byte* result);
    [LibraryImport("libc", SetLastError = true)] internal static partial int ftruncate(int fd, long length);
    [LibraryImport("libc", SetLastError = true)] internal static partial int memfd_create(byte* name, uint flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial long lseek(int fd, long offset, int whence);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fallocate(int fd, int mode, long offset, long length);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint flistxattr(int fd, byte* list, nint size);
    [LibraryImport("libc", SetLastError = true)] internal static partial int futimens(int fd, Timespec* times);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint getdents64(int fd, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)] internal static partial int pipe2(int* fds, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fcntl(int fd, int command, nint argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial int ioctl(int fd, nuint request, void* argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial int epoll_create1(int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int epoll_ctl(int epoll, int operation, int fd, byte* change);
    [LibraryImport("libc", SetLastError = true)] internal static partial int epoll_wait(int epoll, byte* events, int capacity, int timeout);
    [LibraryImport("libc", SetLastError = true)] internal static partial int eventfd(uint value, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int poll(PollFd* fds, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)] internal static partial int socket(int family, int type, int protocol);
    [LibraryImport("libc", SetLastError = true)] internal static partial int bind(int fd, byte* address, uint length);
    [LibraryImport("libc", SetLastError = true)] internal static partial int listen(int fd, int backlog);
    [LibraryImport("libc", SetLastError = true)] internal static partial int connect(int fd, byte* address, uint length);
    [LibraryImport("libc", SetLastError = true)] internal static partial int accept4(int fd, byte* address, uint* length, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int shutdown(int fd, int how);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport("libc", SetLastError = true)] internal static partial int signalfd(int fd, SignalSet* mask, int flags);
    [LibraryImport("libc")] internal static partial void pthread_sigmask(int how, SignalSet* set, SignalSet* old);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint signal(int number, nint handler);
    [LibraryImport("libc", SetLastError = true)] internal static partial int kill(int pid, int signal);
    [LibraryImport("libc", SetLastError = true)] internal static partial int waitid(int type, uint id, byte* info, int options);
    [LibraryImport("libc", SetLastError = true)] internal static partial int wait4(int pid, int* status, int options, ResourceUsage* usage);
    [LibraryImport("libc", SetLastError = true)] internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, ResourceLimit* change, ResourceLimit* old);
    [LibraryImport("libc", SetLastError = true)] internal static partial int execve(byte* path, byte** argv, byte** env);
    [LibraryImport("libc")] internal static partial int getpid();
    [LibraryImport("libc")] internal static partial void umask(uint mask);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint getrandom(byte* buffer, nint length, uint flags);
    [LibraryImport("libc")] internal static partial void _exit(int code);

    [LibraryImport("libc")] internal static partial uint geteuid();
    [LibraryImport("libc", SetLastError = true)] internal static partial int getresuid(uint* real, uint* effective, uint* saved);
    [LibraryImport("libc", SetLastError = true)] internal static partial int setresuid(uint real, uint effective, uint saved);
    [LibraryImport("libc", SetLastError = true)] internal static partial int setresgid(uint real, uint effective, uint saved);
    [LibraryImport("libc", SetLastError = true)] internal static partial int setgroups(nint count, uint* groups);
    [LibraryImport("libc")] internal static partial uint setfsuid(uint user);
    [LibraryImport("libc")] internal static partial uint setfsgid(uint group);
    [LibraryImport("libc", SetLastError = true)] internal static partial int setpriority(int which, uint who, int priority);
    [LibraryImport("libc", SetLastError = true)] internal static partial int sched_setscheduler(int thread, int policy, int* parameters);
    [LibraryImport("libc", SetLastError = true)] internal static partial int capset(byte* header, byte* sets);

    /// <returns>0, or an error number.</returns>
    [LibraryImport("launch")] internal static partial int devbench_launch(Launch* launch);
}
