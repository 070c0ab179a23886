using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Files;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Sessions;

namespace McpDevBench.Agent;

/// <summary>Creates and starts everything, and runs the loop until a signal ends the agent.</summary>
internal static unsafe class AgentHost
{
    private const uint Umask = 0x12; // 022

    public static int Run(Options options)
    {
        SelfExec.ReexecIfNeeded(options);
        OpenMissingStandardStreams();
        if (options.Identity is { } identity && !identity.ActAsWorkload())
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

        RootDirectory workspace;
        try
        {
            workspace = new RootDirectory(options.Workspace);
            TarImport.Recover(workspace);
        }
        catch (OperationException failure)
        {
            return Fail($"workspace {failure.Message}");
        }
        var loop = new EventLoop();
        Marks marks = options.Identity is null ? new LimitMarks() : new GroupMarks(GroupFile.Open());
        var killer = new ProcessKiller(marks);
        var workers = new WorkerPool();
        var spawner = new ProcessSpawner(marks, options.Identity, workspace.Root, loop.Wake);
        var execs = new ExecTable(loop, spawner, killer, workers, new LimitCounters(workspace.Root));
        var router = new RequestRouter(execs, workers, new FileRequests(workspace), new ControlGroup());
        var connections = new ConnectionManager(loop, router, execs);
        if (!connections.Listen(options.Socket))
            return Fail($"socket {options.Socket}: cannot listen, system error {Errno.Last}");

        var ended = false;
        EndSignals.Watch(loop, () => ended = true);
        killer.Start();
        workers.Start();
        new Reaper(spawner, execs.OrphanEnded).Start();
        connections.OpenStdio();

        while (!ended)
        {
            loop.Turn(Math.Min(connections.NextDeadline, Math.Min(execs.NextDeadline, spawner.Deadline)));
            var now = Clock.Milliseconds;
            connections.Tick(now);
            execs.Tick(now);
            spawner.Tick(now);
            connections.Pump();
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
