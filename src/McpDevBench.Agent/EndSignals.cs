using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;

namespace McpDevBench.Agent;

/// <summary>The signals that end the agent, read like any other input.</summary>
internal static unsafe class EndSignals
{
    private const int InfoSize = 128;
    private const int SenderOffset = 12;

    public static void Watch(EventLoop loop, Action ended)
    {
        var signals = SelfExec.Signals;
        signals.Bits &= ~SignalSet.Of(Abi.SIGCHLD).Bits;
        var fd = Libc.signalfd(-1, &signals, Abi.O_CLOEXEC | Abi.O_NONBLOCK);
        loop.Watch(fd, Abi.EPOLLIN, _ =>
        {
            if (IsFromOutside(fd))
                ended();
        });
    }

    /// <summary>
    /// The first process of a container ends on a signal from outside of it: from a sender without a number in its namespace. A
    /// workload of the same user may send it any signal, which must not end the other execs.
    /// </summary>
    private static bool IsFromOutside(int fd)
    {
        var info = stackalloc byte[InfoSize];
        var fromOutside = false;
        while (Libc.read(fd, info, InfoSize) == InfoSize)
            fromOutside |= Libc.getpid() != 1 || *(int*)(info + SenderOffset) == 0;
        return fromOutside;
    }
}
