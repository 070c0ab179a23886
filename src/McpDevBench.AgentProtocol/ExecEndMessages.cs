namespace McpDevBench.AgentProtocol;

/// <summary>
/// Limits of the workspace that were reached while an exec ran. Counters of the whole workspace: another exec may have been the cause.
/// </summary>
[Flags]
public enum ReachedLimits : byte
{
    None = 0,

    /// <summary>The kernel killed a process for want of memory.</summary>
    Memory = 1,

    /// <summary>A process or thread could not be created: the limit on processes was reached.</summary>
    Processes = 2,

    /// <summary>When the exec ended, the file system of the workspace was full.</summary>
    Disk = 4,

    /// <summary>When the exec ended, /tmp was full.</summary>
    Tmp = 8,

    /// <summary>When the exec ended, /run was full. Since version 3.</summary>
    Run = 16,

    /// <summary>When the exec ended, /dev/shm was full. Since version 3.</summary>
    SharedMemory = 32,
}

/// <summary>What else is known of an exec that has ended.</summary>
/// <param name="Shell">As in <see cref="ExecStarted"/>.</param>
/// <param name="Report">What bash wrote of the script's pipes, as the server asked for it; empty if nothing.</param>
public sealed record ExecDetails(string Shell, ReachedLimits Limits, string Report)
{
    public const int MaxReport = 4096;
    public const int MaxShell = 8;
    public const int MaxSize = 4 + MaxShell + 1 + 4 + MaxReport;

    public static ExecDetails None { get; } = new("", ReachedLimits.None, "");

    public void Write(MessageWriter to)
    {
        to.String(Shell).Byte((byte)Limits);
        if (to.Version >= 3)
            to.String(Report);
        else
            to.Bytes([]);
    }

    public static ExecDetails Read(ref MessageReader from)
    {
        var details = new ExecDetails(from.String(), (ReachedLimits)from.Byte(), "");
        if (from.Version >= 3)
            return details with { Report = from.String() };
        // Version 2 had exit codes here, which were not asked for.
        from.Bytes();
        return details;
    }
}

/// <param name="Pid">In the container.</param>
/// <param name="Name">Its command line, cut.</param>
public readonly record struct ExecProcess(int Pid, string Name)
{
    /// <summary>Bytes of a name.</summary>
    public const int MaxName = 80;
}

/// <summary>
/// Version 2. The leader of an exec has ended, but processes of it still run. The exec ends later, with <see cref="ExecExited"/>, when
/// they have. Repeated on every new stream until then.
/// </summary>
/// <param name="Leader">How the leader ended; its <see cref="ExecExited.Produced"/> is the output up to this message.</param>
/// <param name="Count">How many processes run.</param>
/// <param name="Processes">The first of them.</param>
public sealed record ExecBackground(ExecExited Leader, int Count, IReadOnlyList<ExecProcess> Processes)
{
    public const int MaxProcesses = 8;
    public const int MaxSize = ExecExited.MaxSize + 4 + 4 + MaxProcesses * (4 + 4 + ExecProcess.MaxName);

    public void Write(MessageWriter to)
    {
        Leader.Write(to);
        to.Int32(Count).UInt32((uint)Processes.Count);
        foreach (var process in Processes)
            to.Int32(process.Pid).String(process.Name);
    }

    public static ExecBackground Read(ref MessageReader from)
    {
        var (leader, count) = (ExecExited.Read(ref from), from.Int32());
        var processes = new ExecProcess[from.Count(minimumSize: 8)];
        for (var i = 0; i < processes.Length; i++)
            processes[i] = new ExecProcess(from.Int32(), from.String());
        return count < processes.Length || processes.Length is 0 or > MaxProcesses
            ? throw new ProtocolException($"{processes.Length} of {count} background processes")
            : new ExecBackground(leader, count, processes);
    }
}
