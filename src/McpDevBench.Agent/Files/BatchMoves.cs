using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Puts entries in their places for one batch, and journals every change.</summary>
internal sealed class BatchMoves(BatchJournal journal, Channel channel)
{
    private const int MovesBetweenChecks = 1024;

    private int _moves;

    public HiddenNames Aside { get; } = new();

    /// <summary>Moves an entry to a place. A file or link replaces a file or link; a directory joins the one that is there.</summary>
    /// <param name="path">Of the target, for errors.</param>
    /// <param name="modes">Of a copy.</param>
    public void Put(Place from, Entry entry, Place to, byte[] path, DirectoryModes? modes = null)
    {
        var found = to.Find();
        FileReplacement.RequireSameKind(entry.Kind, found, path);
        if (found is null)
        {
            Rename(from, to, path);
        }
        else if (entry.Kind == FileKind.Directory)
        {
            Join(from, to, path, modes);
            // Only directories are left in it.
            SetAside(from, entry, path);
        }
        else
        {
            SetAside(to, found.Value, path);
            Rename(from, to, path);
        }
    }

    /// <summary>Gone for everybody, and removed when the batch succeeds.</summary>
    public void SetAside(Place place, Entry entry, byte[] path)
    {
        var hidden = Aside.Beside(place);
        if (place.RenameTo(hidden.Directory, hidden.Name, Abi.RENAME_NOREPLACE) != 0)
            throw Errno.ToException(path);
        journal.SetAside(place, hidden, entry.Kind == FileKind.Directory);
    }

    private void Join(Place from, Place to, byte[] path, DirectoryModes? modes)
    {
        modes?.Joined(default);
        using var source = Open(from);
        using var target = Open(to);
        using var walk = new TreeWalk(Open(from), path, recursive: true);
        while (walk.Next(() => !Aside.AreIn(walk.Path) && IsThere(walk)))
        {
            channel.ThrowIfCancelled();
            if (Aside.AreIn(walk.Path) || !IsThere(walk))
                continue;
            var name = walk.NameZ;
            var parent = walk.Path[..Math.Max(0, walk.Path.Length - name.Length)];
            if (!PutInside(In(source, parent, name), In(target, parent, name), [.. DirectoryLister.Prefix(path), .. walk.Path]))
                modes?.Joined(walk.Path);
        }
        // What could not be read would go with the directory.
        if (walk.Unreadable > 0)
            throw Errno.ToException(Errno.EACCES, Text.Show(path));
    }

    /// <returns>False for a directory that joins another one: what is in it comes later.</returns>
    private bool PutInside(Place from, Place to, byte[] path)
    {
        if (from.Find() is not { } entry)
            return true;
        var found = to.Find();
        FileReplacement.RequireSameKind(entry.Kind, found, path);
        if (found is { Kind: FileKind.Directory })
            return false;
        if (found is { } replaced)
            SetAside(to, replaced, path);
        Rename(from, to, path);
        return true;
    }

    private void Rename(Place from, Place to, byte[] path)
    {
        if (++_moves % MovesBetweenChecks == 0)
            Heap.RequireRoom();
        if (from.RenameTo(to.Directory, to.Name, Abi.RENAME_NOREPLACE) != 0)
            throw Errno.ToException(path);
        journal.Moved(from, to);
    }

    /// <summary>False for a directory that has been moved whole.</summary>
    private static bool IsThere(TreeWalk walk) => walk.Directory >= 0 && Entry.Find(walk.Directory, walk.NameZ) is not null;

    private Place In(Fd directory, ReadOnlySpan<byte> parent, byte[] name) => journal.Hold(
        new Place(RootDirectory.OpenBelow(directory, parent, Abi.O_PATH | Abi.O_DIRECTORY, Abi.RESOLVE_NO_SYMLINKS), name));

    private static Fd Open(Place place)
        => RootDirectory.OpenBelow(place.Directory, place.Name.AsSpan(..^1), Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_NOFOLLOW);
}
