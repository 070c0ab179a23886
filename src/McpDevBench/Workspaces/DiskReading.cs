using McpDevBench.Agents;

namespace McpDevBench.Workspaces;

/// <summary>One measurement of a workspace's files.</summary>
/// <param name="StartedAt">A timestamp of the time provider, as <paramref name="EndedAt"/>.</param>
/// <param name="Room">Of the disk when it began; null if unknown.</param>
internal sealed record DiskReading(DiskUse Use, long StartedAt, long EndedAt, TimeSpan Took, DiskRoom? Room)
{
    /// <summary>Of what is left to a limit: how much the disk may lose before it is worth measuring again.</summary>
    private const double MaxFallShare = 0.875;

    /// <summary>Less than this is not worth a measurement.</summary>
    private const long MinBytes = 16 << 20, MinInodes = 1000;

    /// <summary>
    /// Whether the workspace may have reached a limit since, as far as the disk shows: all workspaces together have taken about as much as
    /// was left to it.
    /// </summary>
    /// <param name="maxBytes">0 for no limit, as <paramref name="maxInodes"/>.</param>
    public bool MayBeOver(DiskRoom? now, long maxBytes, long maxInodes) =>
        (Room, now) is ({ } before, { } after)
            && (HasFallen(before.FreeBytes - after.FreeBytes, maxBytes, Use.Bytes, MinBytes)
                || HasFallen(before.FreeInodes - after.FreeInodes, maxInodes, Use.Inodes, MinInodes));

    private static bool HasFallen(long by, long limit, long used, long least) =>
        limit > 0 && by >= Math.Max(limit - used, Math.Min(least, limit / 16)) * MaxFallShare && by > 0;
}
