using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>How often the workspace has reached a limit so far.</summary>
internal readonly record struct LimitCounts(long OomKills, long FailedForks);

/// <summary>
/// Which limits the workspace reaches: counters of its control group in either version, and the free space of its file systems. On the
/// loop's thread.
/// </summary>
internal sealed unsafe class LimitCounters(int workspace)
{
    /// <summary>Less than this is full: no file system gives every last byte away.</summary>
    private const ulong FullBytes = 64 << 10;

    /// <summary>Larger than the kernel's structure.</summary>
    private const int StatfsSize = 256;

    private readonly OomCounter _oomKills = new();
    private readonly byte[] _text = new byte[1024];

    public LimitCounts Read() => new(_oomKills.Read(), ReadFailedForks());

    /// <summary>What was reached since, or is so now.</summary>
    public ReachedLimits Since(LimitCounts before)
    {
        var now = Read();
        var reached = now.OomKills > before.OomKills ? ReachedLimits.Memory : ReachedLimits.None;
        if (now.FailedForks > before.FailedForks)
            reached |= ReachedLimits.Processes;
        var about = stackalloc byte[StatfsSize];
        if (Libc.fstatfs(workspace, about) == 0 && IsFull(about))
            reached |= ReachedLimits.Disk;
        if (IsFull("/tmp\0"u8, about))
            reached |= ReachedLimits.Tmp;
        if (IsFull("/run\0"u8, about))
            reached |= ReachedLimits.Run;
        if (IsFull("/dev/shm\0"u8, about))
            reached |= ReachedLimits.SharedMemory;
        return reached;
    }

    private static bool IsFull(ReadOnlySpan<byte> folder, byte* about)
    {
        fixed (byte* path = folder)
            return Libc.statfs(path, about) == 0 && IsFull(about);
    }

    /// <summary>
    /// Out of bytes, or of files where the file system has a limit on them. The fields are 64 bits wide on both architectures.
    /// </summary>
    private static bool IsFull(byte* about)
    {
        var fields = (ulong*)about;
        var (blockSize, blocks, available, files, freeFiles) = (fields[1], fields[2], fields[4], fields[5], fields[6]);
        return (blocks > 0 && available * blockSize < FullBytes) || (files > 0 && freeFiles == 0);
    }

    private long ReadFailedForks()
    {
        var length = ProcFile.Read("/sys/fs/cgroup/pids.events\0"u8, _text);
        if (length <= 0)
            length = ProcFile.Read("/sys/fs/cgroup/pids/pids.events\0"u8, _text);
        return length <= 0 ? 0 : Math.Max(0, ProcFile.Number(_text.AsSpan(0, length), "max "u8));
    }
}
