using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Deleted files that processes of the container have open: they use disk space, and a walk does not find them. The kernel shows the
/// descriptors of a process to its own user, which the agent's threads are for files, unless the process has hidden them.
/// </summary>
internal static class OpenFiles
{
    /// <summary>More descriptors are not looked at.</summary>
    private const int MaxDescriptors = 64 << 10;

    /// <param name="devices">Only files on these.</param>
    /// <returns>What they hold, and how many they are. Nothing where the agent is not the first process of a container.</returns>
    public static (ulong Bytes, ulong Count) Measure(IReadOnlySet<ulong> devices, Channel channel)
    {
        if (Libc.getpid() != 1)
            return default;
        var seen = new HashSet<(ulong, ulong)>();
        var (bytes, looks) = (0UL, 0);
        List<int> processes = [], descriptors = [];
        ProcFile.Numbers("/proc\0"u8, processes);
        foreach (var process in processes)
        {
            channel.ThrowIfCancelled();
            ProcFile.Numbers(Text.Z($"/proc/{process}/fd"), descriptors);
            foreach (var descriptor in descriptors)
            {
                if (++looks > MaxDescriptors)
                    return (bytes, (ulong)seen.Count);
                if (Find($"/proc/{process}/fd/{descriptor}") is { Kind: AgentProtocol.FileKind.File, Links: 0 } file
                    && devices.Contains(file.Identity.Device) && seen.Add(file.Identity))
                    bytes += file.Allocated;
            }
        }
        return (bytes, (ulong)seen.Count);
    }

    /// <summary>Through the kernel's link; null if it has gone or is hidden.</summary>
    private static unsafe Entry? Find(string path)
    {
        Statx stat;
        fixed (byte* z = Text.Z(path))
            return Libc.statx(Abi.AT_FDCWD, z, 0, Abi.STATX_BASIC, &stat) == 0 ? new Entry(stat) : null;
    }
}
