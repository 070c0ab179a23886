using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>Directories created for an operation, removed again if it fails.</summary>
internal sealed class CreatedDirectories(RootDirectory workspace)
{
    private const uint Mode = 0x1ed; // 0755

    private readonly List<byte[]> _made = [];

    /// <summary>Everything before the last component.</summary>
    public void MakeParents(ReadOnlySpan<byte> path)
    {
        var (parent, _) = RootDirectory.Split(path);
        Make(parent);
    }

    /// <summary>The directory, and every one above it that is missing.</summary>
    public void Make(ReadOnlySpan<byte> path)
    {
        RootDirectory.Check(path);
        if (Exists(path))
            return;
        // Back to the nearest one that exists, then forward.
        var ends = new Stack<int>();
        for (var end = path.Length; end > 0 && !Exists(path[..end]); end = Math.Max(0, path[..end].LastIndexOf((byte)'/')))
            ends.Push(end);
        while (ends.TryPop(out var end))
        {
            var prefix = path[..end].TrimEnd((byte)'/');
            using var place = workspace.Locate(prefix);
            if (place.MakeDirectory(Mode) == 0)
                _made.Add(prefix.ToArray());
            else if (Errno.Last != Errno.EEXIST)
                throw Errno.ToException(path);
        }
    }

    /// <summary>Removes only empty directories: what a process in the workspace has put there since stays.</summary>
    public void Undo()
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            try
            {
                using var place = workspace.Locate(_made[i]);
                place.Unlink(isDirectory: true);
            }
            catch (OperationException)
            {
                // Its parent is gone or was replaced: a process in the workspace owns it now.
                return;
            }
        }
    }

    /// <summary>Whether a directory is there. A link to one inside the workspace counts.</summary>
    public bool Exists(ReadOnlySpan<byte> path)
    {
        var fd = workspace.TryOpen(path, Abi.O_PATH | Abi.O_DIRECTORY);
        if (fd >= 0)
        {
            Libc.close(fd);
            return true;
        }
        return Errno.Last == Errno.ENOENT ? false : throw Errno.ToException(path);
    }
}
