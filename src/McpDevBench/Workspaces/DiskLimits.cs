namespace McpDevBench.Workspaces;

/// <summary>What becomes of a workspace whose commands take more disk than allowed.</summary>
internal enum DiskPolicy
{
    /// <summary>Its commands are ended.</summary>
    Stop,

    /// <summary>Its commands are suspended until there is room; they are ended if it grows all the same.</summary>
    Freeze,

    /// <summary>Only the log, metrics and status report it. Tools refuse to write in any case.</summary>
    Warn,
}

/// <summary>What workspaces may take of the Docker host's disk.</summary>
/// <param name="MaxBytes">Of a workspace's files; 0 for no limit.</param>
/// <param name="MaxInodes">Files and directories of a workspace; 0 for no limit.</param>
/// <param name="ReserveBytes">What workspaces leave free on the Docker host's disk; 0 for nothing.</param>
/// <param name="IsReserveGiven">The operator chose the reserve; else it is at most a part of a small disk.</param>
internal sealed record DiskLimits(long MaxBytes, long MaxInodes, DiskPolicy Policy, long ReserveBytes, bool IsReserveGiven)
{
    public const string BytesSetting = "MCP_WORKSPACE_DISK_MB", InodesSetting = "MCP_WORKSPACE_INODES", PolicySetting = "MCP_DISK_POLICY",
        ReserveSetting = "MCP_DOCKER_DISK_RESERVE_MB";

    private static readonly Dictionary<string, DiskPolicy> _policies = new()
    {
        ["stop"] = DiskPolicy.Stop, ["freeze"] = DiskPolicy.Freeze, ["warn"] = DiskPolicy.Warn,
    };

    public static DiskLimits Read(Settings settings) => new(
        (long)settings.Number(
            BytesSetting, 10_240, 0, 1 << 30,
            "MiB of disk for a workspace's files, /workspace and the home directory together; 0 for no limit.") << 20,
        settings.Number(InodesSetting, 500_000, 0, int.MaxValue, "Files and directories of a workspace; 0 for no limit."),
        settings.Choice(
            PolicySetting, DiskPolicy.Stop, _policies,
            "What becomes of the commands of a workspace beyond its disk limit: they are ended, suspended until there is room, or only "
                + "reported. Files are never removed."),
        (long)settings.Number(
            ReserveSetting, 2048, 0, 1 << 30,
            "MiB that workspaces leave free on the disk with Docker's volumes, by default at most a sixteenth of it; 0 for nothing.") << 20,
        settings.IsGiven(ReserveSetting));
}
