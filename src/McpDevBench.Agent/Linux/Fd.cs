namespace McpDevBench.Agent.Linux;

/// <summary>An open file descriptor that is closed at the end of a <c>using</c>.</summary>
internal readonly struct Fd(int number) : IDisposable
{
    public int Number { get; } = number;

    public static implicit operator int(Fd fd) => fd.Number;

    public void Dispose()
    {
        if (Number >= 0)
            Libc.close(Number);
    }

    public static void SetNonBlocking(int fd)
    {
        var flags = Libc.fcntl(fd, Abi.F_GETFL, 0);
        if (flags >= 0)
            Libc.fcntl(fd, Abi.F_SETFL, flags | Abi.O_NONBLOCK);
    }

    /// <summary>Read until the span is full or the file at its end.</summary>
    public static unsafe int ReadFully(int fd, Span<byte> to, long offset, ReadOnlySpan<byte> path)
    {
        var done = 0;
        fixed (byte* start = to)
        {
            while (done < to.Length)
            {
                var count = Libc.pread(fd, start + done, to.Length - done, offset + done);
                if (count == 0)
                    break;
                if (count < 0 && Errno.Last != Errno.EINTR)
                    throw Errno.ToException(path);
                done += Math.Max(0, (int)count);
            }
        }
        return done;
    }

    public static unsafe void WriteFully(int fd, ReadOnlySpan<byte> from, ReadOnlySpan<byte> path)
    {
        fixed (byte* start = from)
        {
            for (var done = 0; done < from.Length;)
            {
                var count = Libc.write(fd, start + done, from.Length - done);
                if (count < 0 && Errno.Last != Errno.EINTR)
                    throw Errno.ToException(path);
                done += Math.Max(0, (int)count);
            }
        }
    }
}
