using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent;

/// <summary>
/// Executes the agent again in its own process, with the signals blocked that its threads wait for, and an environment of its own.
/// </summary>
/// <remarks>
/// The runtime has threads before Main runs, and a signal goes to any thread that does not block it: only what is blocked at exec is
/// blocked in all of them. And the runtime reads settings from the environment, which in a container is the image's: an image
/// must not be able to tune, or to break, the agent.
/// </remarks>
internal static unsafe class SelfExec
{
    private const string Marker = "DEVBENCH_AGENT_REEXECED=1";

    // Hexadecimal, and without a prefix. Collect often and stay small, whatever the size of the machine's caches. The limit is
    // half of what the agent may have in all (see AgentDiagnostics). Regions of 1 MiB: with the default of 4 the collector crashes at
    // a limit as small as this one.
    private static readonly string[] s_environment =
    [
        Marker, "DOTNET_GCgen0size=100000", "DOTNET_GCRegionSize=100000", "DOTNET_GCHeapHardLimit=2000000", "DOTNET_GCConserveMemory=5",
    ];

    public static SignalSet Signals => SignalSet.Of(Abi.SIGTERM, Abi.SIGINT, Abi.SIGHUP, Abi.SIGCHLD);

    public static void ReexecIfNeeded(Options options)
    {
        var signals = Signals;
        SignalSet before;
        Libc.pthread_sigmask(Abi.SIG_BLOCK, &signals, &before);
        if (Environment.GetEnvironmentVariable("DEVBENCH_AGENT_REEXECED") == "1" && before.Has(Abi.SIGTERM))
            return;
        // Descriptors that were open when the agent was started belong neither to it nor to its execs.
        Libc.syscall(Abi.SYS_close_range, 3, int.MaxValue, Abi.CLOSE_RANGE_CLOEXEC, 0);
        string[] environment = s_environment;
        if (options is { Identity: { } identity, Passwd: { } passwd })
        {
            if (!passwd.Write(identity.Workload))
                return;
            if (GroupFile.Write(passwd) is { } groups)
                environment = [.. s_environment, groups];
        }
        if (options.Identity?.DropRoot() == false)
            return;
        using var argv = new StringBlock(["devbench-agent", "serve", .. options.ToArguments()]);
        using var env = new StringBlock(environment);
        fixed (byte* self = "/proc/self/exe\0"u8)
            Libc.execve(self, argv.Pointers, env.Pointers);
        // Without /proc the agent cannot execute itself: SIGTERM may reach a thread that does not block it, and end the agent at once.
    }
}
