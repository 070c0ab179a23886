namespace McpDevBench.Agent.Linux;

/// <summary>Small files of /proc and /sys, read whole.</summary>
internal static unsafe class ProcFile
{
    /// <summary>Bytes read, or -1 if there is no such file (any more).</summary>
    public static int Read(ReadOnlySpan<byte> path, Span<byte> to)
    {
        int fd;
        fixed (byte* name = path)
            fd = Libc.openat(Abi.AT_FDCWD, name, Abi.O_RDONLY | Abi.O_CLOEXEC, 0);
        if (fd < 0)
            return -1;
        nint count;
        fixed (byte* start = to)
            count = Libc.read(fd, start, to.Length);
        Libc.close(fd);
        return (int)count;
    }

    /// <summary>The number after a label, as in <c>oom_kill 3</c> or <c>Threads:	12</c>; -1 if there is none.</summary>
    public static long Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label) =>
        System.Buffers.Text.Utf8Parser.TryParse(Line(text, label), out long value, out _) ? value : -1;

    /// <summary>What is on a line after the label that it begins with; empty if there is no such line.</summary>
    public static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        for (int at; (at = text.IndexOf(label)) >= 0; text = text[(at + label.Length)..])
        {
            if (at > 0 && text[at - 1] != '\n')
                continue;
            var rest = text[(at + label.Length)..];
            var end = rest.IndexOf((byte)'\n');
            return (end < 0 ? rest : rest[..end]).TrimStart(" \t:"u8);
        }
        return [];
    }

    /// <summary>Entries of a directory whose names are numbers: threads of /proc/PID/task, descriptors of /proc/self/fd.</summary>
    public static void Numbers(ReadOnlySpan<byte> directory, List<int> to)
    {
        to.Clear();
        List(directory, entry => to.Add(entry.Pid));
    }

    public static void Processes(List<ProcessId> to)
    {
        to.Clear();
        List("/proc\0"u8, to.Add);
    }

    private static void List(ReadOnlySpan<byte> directory, Action<ProcessId> found)
    {
        int fd;
        fixed (byte* name = directory)
            fd = Libc.openat(Abi.AT_FDCWD, name, Abi.O_RDONLY | Abi.O_CLOEXEC | Abi.O_DIRECTORY, 0);
        if (fd < 0)
            return;
        const int Size = 16 << 10;
        var buffer = stackalloc byte[Size];
        for (nint count; (count = Libc.getdents64(fd, buffer, Size)) > 0;)
        {
            for (nint at = 0; at < count; at += *(ushort*)(buffer + at + 16))
            {
                var name = new ReadOnlySpan<byte>(buffer + at + 19, 12);
                if (System.Buffers.Text.Utf8Parser.TryParse(name, out int number, out _))
                    found(new ProcessId(number, *(ulong*)(buffer + at)));
            }
        }
        Libc.close(fd);
    }
}
