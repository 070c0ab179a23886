using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// What a script reports of its pipes, in a file in memory of a fixed size: writing to it never waits and never raises a signal, also
/// when the agent has read it and the script's processes live on.
/// </summary>
internal static unsafe class PipeReport
{
    /// <summary>The script's descriptor for it.</summary>
    public const int Descriptor = 97;

    private const int Size = 64 << 10;

    /// <returns>-1 if the kernel has none.</returns>
    public static int Create()
    {
        int fd;
        fixed (byte* name = "report\0"u8)
            fd = Libc.memfd_create(name, Abi.MFD_CLOEXEC | Abi.MFD_ALLOW_SEALING);
        if (fd < 0)
            return -1;
        if (Libc.ftruncate(fd, Size) == 0 && Libc.fcntl(fd, Abi.F_ADD_SEALS, Abi.F_SEAL_GROW | Abi.F_SEAL_SHRINK) == 0)
            return fd;
        Libc.close(fd);
        return -1;
    }

    /// <summary>Reads and closes it. Each entry once: a script in a loop repeats itself.</summary>
    public static string Take(int fd)
    {
        var content = new byte[Size];
        nint length;
        fixed (byte* start = content)
            length = Libc.pread(fd, start, Size, 0);
        Libc.close(fd);
        var written = content.AsSpan(0, (int)Math.Max(0, length));
        var end = written.IndexOf((byte)0);
        var report = new StringBuilder();
        var seen = new HashSet<string>();
        foreach (var entry in Encoding.ASCII.GetString(end < 0 ? written : written[..end]).Split(';'))
        {
            if (entry.Length > 0 && seen.Add(entry) && report.Length + entry.Length < ExecDetails.MaxReport)
                report.Append(entry).Append(';');
        }
        return report.ToString();
    }
}
