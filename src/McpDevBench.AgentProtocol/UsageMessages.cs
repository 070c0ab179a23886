namespace McpDevBench.AgentProtocol;

/// <summary>What the container uses, as its control group counts it. What the agent cannot see is absent.</summary>
/// <param name="MemoryBytes">What the group is charged with now, page cache included.</param>
/// <param name="CpuMicroseconds">Processor time of everything that ever ran in it.</param>
public sealed record ContainerUsage(ulong? MemoryBytes, ulong? CpuMicroseconds)
{
    /// <summary>Far beyond any container; and up to here a double is exact.</summary>
    private const ulong Max = 1UL << 53;

    public void Write(MessageWriter to) => to.Optional(MemoryBytes).Optional(CpuMicroseconds);

    /// <exception cref="ProtocolException">As from every reader; here also for what no container can use.</exception>
    public static ContainerUsage Read(ref MessageReader from)
    {
        var usage = new ContainerUsage(from.OptionalUInt64(), from.OptionalUInt64());
        return usage is { MemoryBytes: > Max } or { CpuMicroseconds: > Max }
            ? throw new ProtocolException($"{usage.MemoryBytes} bytes and {usage.CpuMicroseconds} µs cannot be a container's usage")
            : usage;
    }
}

/// <summary>Asks how much disk some directories hold.</summary>
/// <param name="Roots">Absolute paths in the container. One that does not exist holds nothing.</param>
/// <param name="MaxEntries">After so many entries the agent stops counting.</param>
public sealed record DiskUsageRequest(IReadOnlyList<string> Roots, uint MaxEntries)
{
    public void Write(MessageWriter to)
    {
        to.UInt32((uint)Roots.Count);
        foreach (var root in Roots)
            to.String(root);
        to.UInt32(MaxEntries);
    }

    public static DiskUsageRequest Read(ref MessageReader from) => new(from.Strings(), from.UInt32());
}

/// <summary>What some directories hold. A directory that the workspace's user cannot read counts as empty.</summary>
/// <param name="Bytes">Allocated blocks; a file with several hard links counts once in sum, and one without a name that a process has
/// open counts too, where the kernel shows it.</param>
/// <param name="Entries">Files, directories and everything else.</param>
/// <param name="IsComplete">False: there is more, since the agent stopped counting or something vanished meanwhile.</param>
public sealed record DiskUsage(ulong Bytes, ulong Entries, bool IsComplete)
{
    public void Write(MessageWriter to) => to.UInt64(Bytes).UInt64(Entries).Bool(IsComplete);

    public static DiskUsage Read(ref MessageReader from) => new(from.UInt64(), from.UInt64(), from.Bool());
}

/// <summary>Asks how much room the file system of a directory has. Costs the agent one system call.</summary>
/// <param name="Path">An absolute path in the container.</param>
public sealed record DiskFreeRequest(string Path)
{
    public void Write(MessageWriter to) => to.String(Path);

    public static DiskFreeRequest Read(ref MessageReader from) => new(from.String());
}

/// <summary>Room of a file system.</summary>
/// <param name="Bytes">Free for users.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="Inodes">Free.</param>
/// <param name="TotalInodes">0 if the file system does not count them.</param>
public sealed record DiskFree(ulong Bytes, ulong TotalBytes, ulong Inodes, ulong TotalInodes)
{
    /// <summary>Larger than any disk; and up to here differences fit.</summary>
    private const ulong Max = 1UL << 62;

    public void Write(MessageWriter to) => to.UInt64(Bytes).UInt64(TotalBytes).UInt64(Inodes).UInt64(TotalInodes);

    /// <exception cref="ProtocolException">As from every reader; here also for what no file system has.</exception>
    public static DiskFree Read(ref MessageReader from)
    {
        var free = new DiskFree(from.UInt64(), from.UInt64(), from.UInt64(), from.UInt64());
        return free.TotalBytes > Max || free.TotalInodes > Max || free.Bytes > free.TotalBytes || free.Inodes > free.TotalInodes
            ? throw new ProtocolException($"{free.Bytes} of {free.TotalBytes} bytes and {free.Inodes} of {free.TotalInodes} inodes free")
            : free;
    }
}
