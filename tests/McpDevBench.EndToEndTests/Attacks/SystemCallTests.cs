using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>Which of the kernel's system calls a workload reaches, tried from inside.</summary>
public sealed class SystemCallTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Sockets = """
        import socket
        for name, family, kind, protocol in [
            ("alg", 38, 5, 0), ("vsock", 40, 1, 0), ("packet", 17, 2, 0), ("bluetooth", 31, 3, 1), ("can", 29, 3, 1), ("tipc", 30, 4, 0),
            ("rds", 21, 5, 0), ("xdp", 44, 3, 0), ("smc", 43, 1, 0), ("kcm", 41, 2, 0), ("qipcrtr", 42, 2, 0), ("phonet", 35, 2, 0),
            ("netlink generic", 16, 3, 16), ("netlink audit", 16, 3, 9), ("netlink netfilter", 16, 3, 12), ("netlink crypto", 16, 3, 21),
            ("netlink xfrm", 16, 3, 6), ("sctp", 2, 5, 132), ("dccp", 2, 6, 33), ("udplite", 2, 2, 136), ("l2tp", 2, 2, 115),
            ("raw", 2, 3, 255)]:
            try:
                socket.socket(family, kind, protocol).close()
                print(name, "opened")
            except PermissionError:
                pass
            except OSError as e:
                print(name, e)
        for family, kind, protocol in [(1, 1, 0), (1, 2, 0), (1, 5, 0), (2, 1, 0), (2, 1, 6), (2, 2, 17), (10, 1, 0), (10, 2, 0), (16, 3, 0)]:
            socket.socket(family, kind, protocol).close()
        a, b = socket.socketpair()
        a.send(b"x"); assert b.recv(1) == b"x"
        """;

    /// <summary>By number on x86-64. Each must end with EPERM before the kernel looks at its arguments.</summary>
    private const string Calls = """
        import ctypes, errno, os
        libc = ctypes.CDLL(None, use_errno=True)
        for name, number in dict(
            io_uring_setup=425, io_uring_enter=426, io_uring_register=427, bpf=321, perf_event_open=298, userfaultfd=323, keyctl=250,
            add_key=248, request_key=249, unshare=272, setns=308, mount=165, umount2=166, pivot_root=155, open_tree=428, move_mount=429,
            fsopen=430, fsmount=432, mount_setattr=442, open_by_handle_at=304, init_module=175, finit_module=313, kexec_load=246,
            kexec_file_load=320, swapon=167, reboot=169, syslog=103, quotactl=179, acct=163, chroot=161, iopl=172, ioperm=173,
            modify_ldt=154, kcmp=312, pidfd_getfd=438, fanotify_init=300, move_pages=279, mbind=237, lookup_dcookie=212, vhangup=153,
            settimeofday=164, clock_settime=227, sethostname=170, nfsservctl=180, uselib=134).items():
            ctypes.set_errno(0)
            # Every argument is an address or number that no call accepts, so that one that is let through says EFAULT, EINVAL or EBADF.
            result = libc.syscall(number, -1, -1, -1, -1, -1, -1)
            if result != -1 or ctypes.get_errno() != errno.EPERM:
                print(name, result, errno.errorcode.get(ctypes.get_errno()))
        for flag in [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]:
            child = libc.syscall(56, flag | 17, 0, 0, 0, 0)
            if child == 0: os._exit(0)
            if child != -1: print("clone", hex(flag), "worked")
        if libc.syscall(435, 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: print("clone3", ctypes.get_errno())
        """;

    [Fact]
    [Attack("open sockets of 22 rare families and protocols")]
    public async Task Only_the_sockets_of_ordinary_programs_can_be_opened() => Assert.Equal("", await Python(server, Sockets));

    [Fact]
    [Attack("call 45 system calls that are not for workloads, clone with every kind of namespace")]
    public async Task System_calls_that_are_not_for_workloads_are_refused() => Assert.Equal("", await Python(server, Calls));

    [Fact]
    public async Task A_debugger_traces_its_child_and_threads_start()
    {
        const string Program = """
            import ctypes, os, signal, threading
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.personality(0x0040000) != -1
            child = os.fork()
            if child == 0:
                libc.ptrace(0, 0, 0, 0)
                os.kill(os.getpid(), signal.SIGSTOP)
                os._exit(7)
            os.waitpid(child, 0)
            libc.ptrace(7, child, 0, 0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            threads = [threading.Thread(target=print, args=("thread",)) for _ in range(2)]
            [t.start() for t in threads]; [t.join() for t in threads]
            """;
        Assert.Equal("thread\nthread", await Python(server, Program));
    }

    [Fact]
    public async Task An_operator_can_allow_io_uring()
    {
        await using var permissive = await ServerProcess.Started(("MCP_ALLOW_IO_URING", "true"));
        const string Program = """
            import ctypes, errno
            libc = ctypes.CDLL(None, use_errno=True)
            libc.syscall(425, 1, 0)
            print(errno.errorcode[ctypes.get_errno()])
            """;
        // EFAULT: the kernel looked at the arguments. ENOSYS or EPERM of a kernel without it would be another answer, so it is compared
        // with the refusing server's.
        Assert.NotEqual(await Python(server, Program), await Python(permissive, Program));
    }

    private static async Task<string> Python(ServerProcess server, string program)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var answer = await workspace.Run(["python3", "-c", program], ("wait_ms", 25_000));
        Assert.True(answer.ExitCode == 0, answer.Stderr);
        return answer.Stdout.TrimEnd('\n');
    }
}
