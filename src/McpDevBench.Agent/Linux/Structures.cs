using System.Runtime.InteropServices;

namespace McpDevBench.Agent.Linux;

/// <summary>Kernel structures, laid out alike on every 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Statx
{
    [FieldOffset(16)] public uint Links;
    [FieldOffset(20)] public uint Uid;
    [FieldOffset(24)] public uint Gid;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public long Size;
    [FieldOffset(48)] public ulong Blocks;
    [FieldOffset(96)] public Timestamp Changed;
    [FieldOffset(112)] public Timestamp Modified;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;
}

[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct Timestamp
{
    public long Seconds;
    public uint Fraction;

    public readonly long Nanoseconds => unchecked((Seconds * 1_000_000_000) + Fraction);
}

internal struct Timespec
{
    public long Seconds;
    public long Nanoseconds;
}

internal struct ResourceLimit
{
    public ulong Soft;
    public ulong Hard;
}

[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct ResourceUsage
{
    [FieldOffset(0)] public long UserSeconds;
    [FieldOffset(8)] public long UserMicroseconds;
    [FieldOffset(16)] public long SystemSeconds;
    [FieldOffset(24)] public long SystemMicroseconds;
    [FieldOffset(32)] public long MaxResidentKiB;

    public readonly long CpuMicroseconds => ((UserSeconds + SystemSeconds) * 1_000_000) + UserMicroseconds + SystemMicroseconds;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct PollFd
{
    [FieldOffset(0)] public int Fd;
    [FieldOffset(4)] public short Events;
    [FieldOffset(6)] public short Returned;
}

internal struct OpenHow
{
    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}

/// <summary>A sigset_t of the C library: 1,024 bits, of which the kernel uses 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SignalSet
{
    public ulong Bits;

    public static SignalSet Of(params ReadOnlySpan<int> signals)
    {
        var set = default(SignalSet);
        foreach (var signal in signals)
            set.Bits |= 1UL << (signal - 1);
        return set;
    }

    public readonly bool Has(int signal) => (Bits & (1UL << (signal - 1))) != 0;
}

/// <summary>How a terminal treats what is typed: the kernel's struct termios.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TerminalSettings
{
    public const uint Canonical = 2, ReturnIsNewline = 0x100;
    public const int EndOfFile = 4;

    public uint InputFlags;
    public uint OutputFlags;
    public uint ControlFlags;
    public uint LocalFlags;
    public byte Discipline;
    public fixed byte Characters[19];

    /// <summary>Interrupt, quit, kill (of a line), end of file, suspend, and two more ends of a line.</summary>
    public static ReadOnlySpan<byte> LineEnds => [0, 1, 3, 4, 10, 11, 16];
}
