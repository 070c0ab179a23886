using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>What a workspace has too much of.</summary>
/// <param name="Reason">As metrics name it.</param>
/// <param name="Sentence">Without its full stop.</param>
internal sealed record OverLimit(string Reason, string Sentence)
{
    /// <param name="maxBytes">0 for no limit, as <paramref name="maxInodes"/>.</param>
    public static OverLimit? Of(DiskUse use, long maxBytes, long maxInodes)
    {
        if (maxBytes > 0 && use.Bytes > maxBytes)
            return new OverLimit(DiskMetrics.Bytes, string.Create(
                CultureInfo.InvariantCulture,
                $"The workspace's files take {use.Bytes >> 20} MiB of disk; {maxBytes >> 20} MiB are allowed ({DiskLimits.BytesSetting})"));
        if (maxInodes > 0 && use.Inodes > maxInodes)
            return new OverLimit(DiskMetrics.Inodes, string.Create(
                CultureInfo.InvariantCulture,
                $"The workspace has {Plural.Of(use.Inodes, "file or directory", "files and directories")}; "
                    + $"{maxInodes} are allowed ({DiskLimits.InodesSetting})"));
        return null;
    }

    /// <summary>Where even a command that would delete is too much of a risk: twice the limit, and what is written before a stop.</summary>
    public static long Far(long limit, long margin) => limit == 0 ? 0 : 2 * limit + margin;
}

/// <summary>How much more a workspace holds than a while before.</summary>
internal sealed record DiskGrowth(Workspace Workspace, long Bytes, long Inodes, TimeSpan Within);
