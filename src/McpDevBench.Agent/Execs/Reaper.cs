using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;

namespace McpDevBench.Agent.Execs;

/// <summary>How a process ended, and what it used.</summary>
internal readonly record struct ProcessExit(int Code, byte Signal, long CpuMicroseconds, long MaxRssBytes, long AtMicroseconds)
{
    public static ProcessExit From(int status, ResourceUsage usage) => new(
        (status & 0x7f) == 0 ? (status >> 8) & 0xff : 0, (byte)(status & 0x7f), usage.CpuMicroseconds, usage.MaxResidentKiB << 10,
            Clock.Microseconds);
}

/// <summary>Collects every dead child: leaders of execs, and the orphans that come to the first process.</summary>
/// <param name="orphanEnded">Called for every child that is not a leader.</param>
internal sealed unsafe class Reaper(ProcessSpawner spawner, Action orphanEnded)
{
    public void Start()
    {
        // SIGCHLD is blocked in every thread (see SelfExec), so it waits here until it is read.
        var mask = SignalSet.Of(Abi.SIGCHLD);
        var signals = Libc.signalfd(-1, &mask, Abi.O_CLOEXEC);
        Threads.Start("reaper", () => Run(signals));
    }

    private void Run(int signals)
    {
        var info = stackalloc byte[128];
        while (true)
        {
            Libc.read(signals, info, 128);
            ReapAll();
        }
    }

    private void ReapAll()
    {
        var info = stackalloc byte[128];
        while (true)
        {
            *(int*)(info + 16) = 0;
            if (Libc.waitid(Abi.P_ALL, 0, info, Abi.WEXITED | Abi.WNOHANG | Abi.WNOWAIT) != 0)
                return;
            var pid = *(int*)(info + 16);
            if (pid == 0)
                return;
            // Looked up while it is still a zombie: until it is reaped no other process can have its number.
            var ended = spawner.TakeLeader(pid);
            int status;
            ResourceUsage usage;
            if (Libc.wait4(pid, &status, 0, &usage) != pid)
                continue;
            if (ended is not null)
                ended(ProcessExit.From(status, usage));
            else
                orphanEnded();
        }
    }
}
