using System.Buffers.Text;

namespace McpDevBench.Agent.Linux;

/// <summary>
/// The process that the kernel kills first when memory runs out. Children of the agent give themselves the highest score (see
/// <c>launch.c</c>).
/// </summary>
internal static unsafe class OomScore
{
    private const int Lowest = -999;

    /// <summary>
    /// The agent takes the lowest score that the kernel allows it. No process of the workload can have a lower one: without
    /// CAP_SYS_RESOURCE, the limit is inherited. As root: in /proc, files of a process that is not dumpable are root's.
    /// </summary>
    public static void TakeLowest()
    {
        int fd;
        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
            fd = Libc.openat(Abi.AT_FDCWD, path, Abi.O_RDWR | Abi.O_CLOEXEC, 0);
        if (fd < 0)
            return;
        Span<byte> text = stackalloc byte[16];
        nint length;
        fixed (byte* start = text)
            length = Libc.pread(fd, start, text.Length, 0);
        if (length > 0 && Utf8Parser.TryParse(text[..(int)length], out int allowed, out _))
        {
            for (var tooLow = Lowest - 1; allowed - tooLow > 1;)
            {
                var tried = (allowed + tooLow) >> 1;
                if (TryWrite(fd, tried))
                    allowed = tried;
                else
                    tooLow = tried;
            }
        }
        Libc.close(fd);
    }

    private static bool TryWrite(int fd, int score)
    {
        Span<byte> text = stackalloc byte[16];
        Utf8Formatter.TryFormat(score, text, out var length);
        fixed (byte* start = text)
            return Libc.pwrite(fd, start, length, 0) == length;
    }
}
