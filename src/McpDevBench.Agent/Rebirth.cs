namespace McpDevBench.Agent;

/// <summary>
/// Starts the agent a second time in its own process, with the signals blocked that its threads wait for, and an environment of its own.
/// </summary>
/// <remarks>
/// The runtime has threads before Main runs, and a signal goes to any thread that does not block it: only what is blocked at exec is
/// blocked in all of them. And the runtime reads settings from the environment, which in a container is the image's: an image
/// must not be able to tune, or to break, the agent.
/// </remarks>
internal static unsafe class Rebirth
{
    private const string Marker = "DEVBENCH_AGENT_REBORN=1";

    // Hexadecimal, and without a prefix. Collect often and stay small, rather than let the size of the machine's caches decide; and never more than half
    // of what the agent may have in all (see AgentSelf). Regions of 1 MiB: with the usual 4 the collector crashes where so small a limit is reached.
    private static readonly string[] s_environment =
    [
        Marker, "DOTNET_GCgen0size=100000", "DOTNET_GCRegionSize=100000", "DOTNET_GCHeapHardLimit=2000000", "DOTNET_GCConserveMemory=5",
    ];

    public static SignalSet Signals => SignalSet.Of(Abi.SIGTERM, Abi.SIGINT, Abi.SIGHUP, Abi.SIGCHLD);

    public static void BeIfNeeded(Options options)
    {
        var signals = Signals;
        SignalSet before;
        Libc.pthread_sigmask(Abi.SIG_BLOCK, &signals, &before);
        if (Environment.GetEnvironmentVariable("DEVBENCH_AGENT_REBORN") == "1" && before.Has(Abi.SIGTERM))
            return;
        if (options.Identity is { } identity && !(options.Passwd?.Write(identity.Workload) != false && identity.Assume()))
            return;
        using var argv = new StringBlock(["devbench-agent", "serve", .. options.ToArguments()]);
        using var env = new StringBlock(s_environment);
        // Whatever else was open when the agent was started is neither its own nor its execs'.
        Libc.syscall(Abi.SYS_close_range, 3, int.MaxValue, Abi.CLOSE_RANGE_CLOEXEC, 0);
        fixed (byte* self = "/proc/self/exe\0"u8)
            Libc.execve(self, argv.Pointers, env.Pointers);
        // Without /proc there is no second start: then SIGTERM may find a thread that does not wait for it, and end the agent at once.
    }
}
