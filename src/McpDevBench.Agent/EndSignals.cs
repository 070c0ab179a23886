namespace McpDevBench.Agent;

/// <summary>Signals that ask the agent to end, read like any other input.</summary>
internal static unsafe class EndSignals
{
    private const int InfoSize = 128;
    private const int SenderOffset = 12;

    public static void Watch(EventLoop loop, Action ended)
    {
        var signals = Rebirth.Signals;
        signals.Bits &= ~SignalSet.Of(Abi.SIGCHLD).Bits;
        var fd = Libc.signalfd(-1, &signals, Abi.O_CLOEXEC | Abi.O_NONBLOCK);
        loop.Watch(fd, Abi.EPOLLIN, _ =>
        {
            if (IsMeant(fd))
                ended();
        });
    }

    /// <summary>
    /// The first process of a container ends when somebody outside of it says so: a sender that its namespace has no number for. The workload has the
    /// same user and may send it anything; that must not take the other execs down.
    /// </summary>
    private static bool IsMeant(int fd)
    {
        var info = stackalloc byte[InfoSize];
        var meant = false;
        while (Libc.read(fd, info, InfoSize) == InfoSize)
            meant |= Libc.getpid() != 1 || *(int*)(info + SenderOffset) == 0;
        return meant;
    }
}
