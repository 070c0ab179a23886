using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Adds up what directories hold on the disk. On a worker; it stops when the request is cancelled.</summary>
internal static class DiskMeasure
{
    /// <summary>More than the kernel's structure has. Each field that is read here is 64 bits wide on both architectures.</summary>
    private const int StatfsFields = 32;

    public static DiskUsage Measure(DiskUsageRequest request, Channel channel)
    {
        var (bytes, entries, isComplete) = (0UL, 0UL, true);
        var devices = new HashSet<ulong>();
        foreach (var root in request.Roots)
        {
            if (TryOpen(root) is not { } directory)
                continue;
            devices.Add(Entry.Of(directory, System.Text.Encoding.UTF8.GetBytes(root)).Identity.Device);
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
                // What a link names is counted where it is. The links of a directory are those of its subdirectories.
                bytes += entry.Kind == FileKind.Directory ? entry.Allocated : entry.AllocatedShare;
                entries++;
            }
            isComplete &= walk.Unreadable == 0;
        }
        var open = OpenFiles.Measure(devices, channel);
        return new DiskUsage(bytes + open.Bytes, entries + open.Count, isComplete);
    }

    /// <summary>On the loop: one system call.</summary>
    public static unsafe DiskFree Free(DiskFreeRequest request)
    {
        var about = stackalloc ulong[StatfsFields];
        fixed (byte* path = Text.Z(request.Path))
        {
            if (Libc.statfs(path, (byte*)about) != 0)
                throw Errno.ToException(System.Text.Encoding.UTF8.GetBytes(request.Path));
        }
        var (blockSize, blocks, available, files, freeFiles) = (about[1], about[2], about[4], about[5], about[6]);
        return new DiskFree(Math.Min(available, blocks) * blockSize, blocks * blockSize, Math.Min(freeFiles, files), files);
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
