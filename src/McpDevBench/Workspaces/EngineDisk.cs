using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// The disk with Docker's volumes, through the eyes of the agents: the engine may be on another machine. Asking costs each a few
/// microseconds. Without a running workspace nothing is known of it.
/// </summary>
internal sealed partial class EngineDisk(
    WorkspaceOptions options, AgentDirectory agents, MetricCatalogue metrics, ILogger<EngineDisk> logger)
{
    /// <summary>An agent whose workload has taken its place cannot make the others believe it.</summary>
    private const int MaxAsked = 3;

    /// <summary>Unless the operator chose a reserve: at most this part of the disk. Of inodes always this part.</summary>
    private const int MinDiskPerReserve = 16, MinInodesPerReserve = 64;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    /// <summary>As last measured; null if unknown.</summary>
    public DiskRoom? Room { get; private set; }

    /// <summary>Less than the reserve is free.</summary>
    public bool IsLow { get; private set; }

    /// <param name="running">Containers of running workspaces, the oldest first.</param>
    public async Task MeasureAsync(IEnumerable<ContainerId> running)
    {
        var asked = running.Take(MaxAsked).Select(container => agents.DiskRoomAsync(container, ContainerSpec.AgentFolder, Timeout));
        var rooms = (await Task.WhenAll(asked)).OfType<DiskRoom>().OrderBy(room => room.FreeBytes).ToList();
        Room = rooms.Count == 0 ? null : rooms[rooms.Count / 2];
        var was = IsLow;
        IsLow = Room is { } room && IsBelow(room, was);
        metrics.Disk.Measured(Room?.FreeBytes ?? 0, Room?.TotalBytes ?? 0, IsLow);
        if (IsLow && !was)
            LogLow(logger, Room!.Value.FreeBytes, Room.Value.FreeInodes);
    }

    /// <exception cref="RequestException">resource_exhausted: less than the reserve is free.</exception>
    public void Require()
    {
        if (IsLow && Room is { } room)
            throw new RequestException(
                ErrorCode.ResourceExhausted, $"The Docker host's disk is nearly full: {Free(room)} ({DiskLimits.ReserveSetting}).",
                "Delete files that are not needed with fs_delete, or kill a workspace (keep_workspace=false removes its files); what "
                    + "reads or ends something still works. Ask the operator to make room on the Docker host, then call again.",
                retryable: true) { Rule = "docker_disk" };
    }

    /// <summary>For the readiness check.</summary>
    public Health Describe()
    {
        if (Room is not { } room)
            return new Health(true, "The Docker host's disk is measured while a workspace runs.");
        var text = $"{Free(room)} on the disk with Docker's volumes.";
        return IsLow ? new Health(false, $"{text} New workspaces and writes are refused until there is room.") : new Health(true, text);
    }

    private bool IsBelow(DiskRoom room, bool was)
    {
        var reserve = options.Disk.ReserveBytes;
        if (reserve == 0)
            return false;
        if (!options.Disk.IsReserveGiven)
            reserve = Math.Min(reserve, room.TotalBytes / MinDiskPerReserve);
        // A quarter more before it is over.
        var factor = was ? 1.25 : 1;
        return room.FreeBytes < reserve * factor || room.FreeInodes < room.TotalInodes / MinInodesPerReserve * factor;
    }

    private static string Free(DiskRoom room)
    {
        var inodes = room.TotalInodes > 0 ? $" and {Plural.Of(room.FreeInodes, "inode")}" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{room.FreeBytes >> 20} of {room.TotalBytes >> 20} MiB{inodes} are free");
    }

    [LoggerMessage(LogLevel.Error, "Docker's disk nearly full; refusing new work and stopping what grows")]
    private static partial void LogLow(ILogger logger, long freeBytes, long freeInodes);
}
