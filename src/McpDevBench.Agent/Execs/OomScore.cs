namespace McpDevBench.Agent;

/// <summary>
/// Makes the kernel choose an exec before the agent when memory runs out. The score is inherited, so the agent raises its own for
/// the moment of the spawn: written to the child afterwards it would miss what the child has already forked. Going back is allowed
/// without privilege, as far as the value that a privileged process set last.
/// </summary>
internal sealed unsafe class OomScore
{
    private readonly int _fd;
    private readonly byte[] _own = new byte[16];
    private readonly int _ownLength;

    /// <summary>Before the agent becomes undumpable: afterwards its files in /proc belong to root, but what is open stays open.</summary>
    public OomScore()
    {
        _ownLength = ProcFile.Read("/proc/self/oom_score_adj\0"u8, _own);
        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
            _fd = Libc.openat(Abi.AT_FDCWD, path, Abi.O_WRONLY | Abi.O_CLOEXEC, 0);
    }

    public void Raise() => Write("1000"u8);

    public void Restore() => Write(_own.AsSpan(0, Math.Max(0, _ownLength)));

    private void Write(ReadOnlySpan<byte> value)
    {
        if (_fd < 0 || _ownLength <= 0)
            return;
        fixed (byte* start = value)
            Libc.pwrite(_fd, start, value.Length, 0);
    }
}
