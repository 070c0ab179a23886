namespace McpDevBench.Agent;

/// <summary>Directories made on the way to something, to be removed again if that fails.</summary>
internal sealed class MadeDirectories(Workspace workspace)
{
    private const uint Mode = 0x1ed; // 0755

    private readonly List<byte[]> _made = [];

    /// <summary>Everything before the last component.</summary>
    public void MakeParents(ReadOnlySpan<byte> path)
    {
        var (parent, _) = Workspace.Split(path);
        Make(parent);
    }

    /// <summary>The directory, and every one above it that is missing.</summary>
    public void Make(ReadOnlySpan<byte> path)
    {
        Workspace.Check(path);
        if (Exists(path))
            return;
        // Back to the nearest one that is there, then forward.
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
                throw Errno.Refuse(path);
        }
    }

    /// <summary>Only what is empty goes: whatever somebody else has put there since stays, with what holds it.</summary>
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
                // Its parent is gone or replaced: then it is not ours to remove any more.
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
        return Errno.Last == Errno.ENOENT ? false : throw Errno.Refuse(path);
    }
}
