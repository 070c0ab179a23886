namespace McpDevBench.AgentProtocol;

/// <summary>What the container uses, as its control group counts it. What the agent cannot see is absent.</summary>
/// <param name="MemoryBytes">What the group is charged with now, page cache included.</param>
/// <param name="CpuMicroseconds">Processor time of everything that ever ran in it.</param>
public sealed record ContainerUsage(ulong? MemoryBytes, ulong? CpuMicroseconds)
{
    /// <summary>Far beyond any container; and up to here a double is exact.</summary>
    private const ulong Most = 1UL << 53;

    public void Write(MessageWriter to) => to.Optional(MemoryBytes).Optional(CpuMicroseconds);

    /// <exception cref="ProtocolException">As from every reader; here also for what no container can use.</exception>
    public static ContainerUsage Read(ref MessageReader from)
    {
        var usage = new ContainerUsage(from.OptionalUInt64(), from.OptionalUInt64());
        return usage is { MemoryBytes: > Most } or { CpuMicroseconds: > Most }
            ? throw new ProtocolException($"{usage.MemoryBytes} bytes and {usage.CpuMicroseconds} µs are no container's usage")
            : usage;
    }
}
