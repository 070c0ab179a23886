using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>The agent's report about itself.</summary>
internal static class AgentDiagnostics
{
    /// <summary>
    /// What the agent's memory adds up to at most: 32 MiB of managed heap (a limit that the runtime holds, see <see cref="SelfExec"/>), 64
    /// output rings of 256 KiB and 256 of 16 KiB for execs in the background, 12 MiB for walks of directories, and its code and stacks.
    /// A request that would need more fails, and the agent goes on.
    /// </summary>
    public const long MaxResidentBytes = 64L << 20;

    public static AgentInfo Describe(int execs)
    {
        Span<byte> status = stackalloc byte[4096];
        var length = ProcFile.Read("/proc/self/status\0"u8, status);
        status = status[..Math.Max(0, length)];
        var numbers = new List<int>();
        ProcFile.Numbers("/proc/self/fd\0"u8, numbers);
        // One of them is the directory itself, while it is being read.
        var descriptors = numbers.Count - 1;
        ProcFile.Numbers("/proc\0"u8, numbers);
        return new AgentInfo(
            ProcFile.Number(status, "VmRSS"u8) << 10, descriptors, (int)ProcFile.Number(status, "Threads"u8), numbers.Count, execs);
    }
}
