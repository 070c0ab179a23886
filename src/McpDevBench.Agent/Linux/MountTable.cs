using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Linux;

/// <summary>What is mounted where, as the kernel has it: the server compares it with what it asked Docker for.</summary>
internal static unsafe class MountTable
{
    private const int MaxBytes = 64 << 10;
    private const int RootField = 3, PointField = 4, FirstOptional = 6;

    /// <summary>In the order in which it was mounted: of two at the same point, the later one counts. Empty without /proc.</summary>
    public static AgentMount[] Read()
    {
        var mounts = new List<AgentMount>();
        foreach (var line in Text().Split('\n'))
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-", Math.Min(FirstOptional, fields.Length));
            if (separator >= 0 && separator + 1 < fields.Length && mounts.Count < AgentMount.MaxCount)
                mounts.Add(new AgentMount(fields[PointField], fields[separator + 1], fields[RootField]));
        }
        return [.. mounts];
    }

    private static string Text()
    {
        var buffer = new byte[MaxBytes];
        var length = 0;
        fixed (byte* name = "/proc/self/mountinfo\0"u8, start = buffer)
        {
            var fd = Libc.openat(Abi.AT_FDCWD, name, Abi.O_RDONLY | Abi.O_CLOEXEC, 0);
            if (fd < 0)
                return "";
            // The kernel gives some lines at a time.
            for (nint count; length < MaxBytes && (count = Libc.read(fd, start + length, MaxBytes - length)) > 0; length += (int)count)
            {
            }
            Libc.close(fd);
        }
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
