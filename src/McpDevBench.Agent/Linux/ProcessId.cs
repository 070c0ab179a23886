namespace McpDevBench.Agent.Linux;

/// <summary>A process. The inode of its directory in /proc distinguishes it from a later process with the same number.</summary>
internal readonly struct ProcessId(int pid, ulong inode)
{
    public int Pid { get; } = pid;

    /// <summary>The kernel reports 1 where it could not make an inode.</summary>
    public ulong Inode { get; } = inode;
}
