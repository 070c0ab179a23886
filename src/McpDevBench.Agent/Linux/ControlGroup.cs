using System.Buffers.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Linux;

/// <summary>
/// What the container uses, in either version of control groups. The files are opened at the start and stay open: reading
/// them also works when the workload has used up its limits. On the loop's thread.
/// </summary>
internal sealed unsafe class ControlGroup
{
    private readonly byte[] _text = new byte[1024];
    private readonly bool _isUnified;
    private readonly int _memory;
    private readonly int _cpu;

    public ControlGroup()
    {
        // The root of the unified tree has no such file: where a container sees the host's whole tree, the host's time is not taken for the
        // container's.
        _memory = Open("/sys/fs/cgroup/memory.current\0"u8);
        _isUnified = _memory >= 0;
        if (!_isUnified)
            _memory = Open("/sys/fs/cgroup/memory/memory.usage_in_bytes\0"u8);
        _cpu = Open(_isUnified ? "/sys/fs/cgroup/cpu.stat\0"u8 : "/sys/fs/cgroup/cpuacct/cpuacct.usage\0"u8);
    }

    public ContainerUsage Read() => new(Number(Text(_memory)), CpuMicroseconds(Text(_cpu)));

    private ulong? CpuMicroseconds(ReadOnlySpan<byte> text)
    {
        if (!_isUnified)
            return Number(text) / 1000;
        var microseconds = ProcFile.Number(text, "usage_usec"u8);
        return microseconds < 0 ? null : (ulong)microseconds;
    }

    private static ulong? Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out ulong number, out _) ? number : null;

    private ReadOnlySpan<byte> Text(int fd)
    {
        nint count;
        fixed (byte* start = _text)
            count = Libc.pread(fd, start, _text.Length, 0);
        return _text.AsSpan(0, Math.Max(0, (int)count));
    }

    private static int Open(ReadOnlySpan<byte> path)
    {
        fixed (byte* name = path)
            return Libc.openat(Abi.AT_FDCWD, name, Abi.O_RDONLY | Abi.O_CLOEXEC, 0);
    }
}
