using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>The standard streams of a process about to be started: the agent's ends, and what the child does to get its own.</summary>
internal sealed unsafe class ExecStreams : IDisposable
{
    private const int Report = 3;

    private readonly int[] _ours = [-1, -1, -1, -1];
    private readonly int[] _theirs = [-1, -1, -1];
    private byte[] _terminal = [];

    public static ExecStreams Pipes(bool stdinOpen)
    {
        var streams = new ExecStreams();
        try
        {
            if (stdinOpen)
                streams.AddPipe(0, oursReads: false);
            streams.AddPipe(1, oursReads: true);
            streams.AddPipe(2, oursReads: true);
            return streams;
        }
        catch (OperationException)
        {
            streams.Dispose();
            throw;
        }
    }

    public static ExecStreams Terminal(ushort rows, ushort columns)
    {
        var streams = new ExecStreams();
        int master;
        fixed (byte* multiplexer = "/dev/ptmx\0"u8)
            master = Libc.openat(Abi.AT_FDCWD, multiplexer, Abi.O_RDWR | Abi.O_NOCTTY | Abi.O_CLOEXEC | Abi.O_NONBLOCK, 0);
        if (master < 0)
            throw Errno.ToException(Errno.Last, "opening a terminal");
        streams._ours[1] = master;
        int unlock = 0, number = 0;
        Libc.ioctl(master, Abi.TIOCSPTLCK, &unlock);
        Libc.ioctl(master, Abi.TIOCGPTN, &number);
        Resize(master, rows, columns);
        streams._terminal = Text.Z($"/dev/pts/{number}");
        return streams;
    }

    /// <summary>The kernel sends SIGWINCH to the foreground process.</summary>
    public static void Resize(int master, ushort rows, ushort columns)
    {
        var size = stackalloc ushort[4];
        (size[0], size[1], size[2], size[3]) = (rows, columns, 0, 0);
        Libc.ioctl(master, Abi.TIOCSWINSZ, size);
    }

    /// <summary>One more file, for <see cref="PipeReport"/>.</summary>
    /// <returns>False if the kernel has none.</returns>
    public bool TryAddReport()
    {
        _ours[Report] = PipeReport.Create();
        return _ours[Report] >= 0;
    }

    /// <summary>The terminal's path; empty for pipes.</summary>
    public byte[] TerminalPath => _terminal;

    public void Describe(ref Launch launch)
    {
        (launch.Stdin, launch.Stdout, launch.Stderr, launch.Report) = (_theirs[0], _theirs[1], _theirs[2], _ours[Report]);
        launch.ReportAs = PipeReport.Descriptor;
    }

    /// <summary>
    /// The agent's ends, which are the caller's from here on. The child's are closed first: what it closes is closed everywhere.
    /// </summary>
    public (int Stdin, int Stdout, int Stderr, int Report) Detach()
    {
        CloseAll(_theirs);
        var taken = (_ours[0], _ours[1], _ours[2], _ours[Report]);
        _ours.AsSpan().Fill(-1);
        return taken;
    }

    public void Dispose()
    {
        CloseAll(_ours);
        CloseAll(_theirs);
    }

    private static void CloseAll(int[] fds)
    {
        foreach (ref var fd in fds.AsSpan())
        {
            if (fd >= 0)
                Libc.close(fd);
            fd = -1;
        }
    }

    private void AddPipe(int stream, bool oursReads)
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Abi.O_CLOEXEC) != 0)
            throw Errno.ToException(Errno.Last, "opening a pipe");
        _ours[stream] = ends[oursReads ? 0 : 1];
        _theirs[stream] = ends[oursReads ? 1 : 0];
        Libc.fcntl(_ours[stream], Abi.F_SETFL, Abi.O_NONBLOCK | (oursReads ? Abi.O_RDONLY : Abi.O_WRONLY));
    }
}
