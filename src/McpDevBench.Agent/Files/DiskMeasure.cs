using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Adds up what directories hold on the disk. On a worker; it stops when the request is cancelled.</summary>
internal static class DiskMeasure
{
    public static DiskUsage Measure(DiskUsageRequest request, Channel channel)
    {
        var (bytes, entries, isComplete) = (0UL, 0UL, true);
        foreach (var root in request.Roots)
        {
            if (TryOpen(root) is not { } directory)
                continue;
            using var walk = new TreeWalk(directory, System.Text.Encoding.UTF8.GetBytes(root), recursive: true);
            while (walk.Next())
            {
                channel.ThrowIfCancelled();
                if (entries == request.MaxEntries)
                    return new DiskUsage(bytes, entries, IsComplete: false);
                if (walk.Directory < 0 || Entry.Find(walk.Directory, walk.NameZ) is not { } entry)
                {
                    isComplete = false;
                    continue;
                }
                // What a link names is counted where it is.
                bytes += entry.Kind == FileKind.Directory ? 0 : entry.AllocatedShare;
                entries++;
            }
            isComplete &= walk.Unreadable == 0;
        }
        return new DiskUsage(bytes, entries, isComplete);
    }

    private static unsafe Fd? TryOpen(string root)
    {
        fixed (byte* path = Text.Z(root))
        {
            var fd = Libc.openat(Abi.AT_FDCWD, path, Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_NOFOLLOW | Abi.O_CLOEXEC, 0);
            return fd < 0 ? null : new Fd(fd);
        }
    }
}
