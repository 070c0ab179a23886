namespace McpDevBench.Agent;

/// <summary>The agent's life: everything is made and started here, and then the loop turns until a signal ends it.</summary>
internal static unsafe class Serving
{
    private const uint Umask = 0x12; // 022

    public static int Run(Options options)
    {
        Rebirth.BeIfNeeded(options);
        OpenMissingStandardStreams();
        if (options.Identity is { } identity && !identity.Adopt())
            return Fail(
                $"cannot become user {identity.Own}: start it as root with CAP_SETUID, CAP_SETGID, CAP_KILL and CAP_SETPCAP, "
                    + "and with --passwd in a folder of root's");
        Libc.prctl(Abi.PR_SET_DUMPABLE, 0, 0, 0, 0);
        Libc.prctl(Abi.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        fixed (byte* name = "devbench-agent\0"u8)
            Libc.prctl(Abi.PR_SET_NAME, (nuint)name, 0, 0, 0);
        Libc.signal(Abi.SIGPIPE, Abi.SIG_IGN);
        Libc.signal(Abi.SIGXFSZ, Abi.SIG_IGN);
        Libc.umask(Umask);
        // Per match; a search adds its own limit per file.
        AppContext.SetData("REGEX_DEFAULT_MATCH_TIMEOUT", TimeSpan.FromSeconds(2));

        Workspace workspace;
        try
        {
            workspace = new Workspace(options.Workspace);
            Importing.Recover(workspace);
        }
        catch (OperationException refusal)
        {
            return Fail($"workspace {refusal.Message}");
        }
        var loop = new EventLoop();
        Marks marks = options.Identity is null ? new LimitMarks() : new GroupMarks();
        var killer = new ProcessKiller(marks);
        var workers = new WorkerPool();
        var spawner = new Spawner(marks, options.Identity, workspace.Root, loop.Wake);
        var execs = new ExecTable(loop, spawner, killer, workers, new LimitCounters(workspace.Root));
        var router = new RequestRouter(execs, workers, new FileRequests(workspace), new ControlGroup());
        var board = new Switchboard(loop, router, execs);
        if (!board.Listen(options.Socket))
            return Fail($"socket {options.Socket}: cannot listen, system error {Errno.Last}");

        var ended = false;
        EndSignals.Watch(loop, () => ended = true);
        killer.Start();
        workers.Start();
        new Reaper(spawner, execs.OrphanEnded).Start();
        board.OpenStdio();

        while (!ended)
        {
            loop.Turn(Math.Min(board.NextDeadline, Math.Min(execs.NextDeadline, spawner.Deadline)));
            var now = Clock.Milliseconds;
            board.Tick(now);
            execs.Tick(now);
            spawner.Tick(now);
            board.Pump();
        }
        killer.KillEverything();
        Libc._exit(0);
        return 0;
    }

    /// <summary>A descriptor below three that is closed would be taken by the next file that is opened.</summary>
    private static void OpenMissingStandardStreams()
    {
        fixed (byte* nothing = "/dev/null\0"u8)
        {
            int fd;
            while ((fd = Libc.openat(Abi.AT_FDCWD, nothing, Abi.O_RDWR, 0)) is >= 0 and < 3)
            {
            }
            if (fd >= 0)
                Libc.close(fd);
        }
    }

    private static int Fail(string text)
    {
        Fd.WriteFully(2, System.Text.Encoding.UTF8.GetBytes($"devbench-agent: {text}\n"), default);
        return 2;
    }
}
