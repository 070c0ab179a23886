using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Undoes what a batch has done so far. Every change is a rename, a link, a new directory or new content in an old file (with the old
/// content saved), made relative to a directory that the journal holds open: undone in reverse they lead back to exactly the names, modes
/// and contents of before.
/// </summary>
internal sealed class BatchJournal : IDisposable
{
    private readonly List<(Func<bool> Undo, Action? Commit)> _changes = [];
    private readonly Dictionary<(ulong, ulong), Fd> _directories = [];
    private readonly List<InPlaceOverwrite> _overwritten = [];

    /// <summary>Takes over a place; places in one directory share its descriptor.</summary>
    public Place Hold(Place place)
    {
        var identity = Entry.Of(place.Directory, place.Name).Identity;
        if (_directories.TryAdd(identity, place.Directory))
            return place;
        place.Dispose();
        return new Place(_directories[identity], place.Name);
    }

    public void Made(CreatedDirectories directories) => _changes.Add((() =>
    {
        directories.Undo();
        return true;
    }, null));

    public void MadeDirectory(Place place) => _changes.Add((() => place.Unlink(isDirectory: true) == 0, null));

    /// <param name="tree">The directory that the modes are of.</param>
    public void SetModes(Place tree, DirectoryModes modes)
    {
        int Open(byte[] path) => RootDirectory.TryOpenBelow(
            tree.Directory, path.Length == 0 ? tree.Name.AsSpan(..^1) : [.. tree.Name.AsSpan(..^1), (byte)'/', .. path],
            Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_NOFOLLOW, Abi.RESOLVE_NO_SYMLINKS);
        _changes.Add((() =>
        {
            modes.Unset(Open);
            return true;
        }, null));
        modes.Set(Open);
    }

    public void Created(Place place) => _changes.Add((() => place.Unlink() == 0, null));

    /// <summary>Journaled before it begins: a copy that fails half-way is removed too.</summary>
    public void CopyTo(Place hidden, Action copy, bool isDirectory)
    {
        bool Remove() => isDirectory
            ? hidden.Find() is null || TryRemoveTree(hidden)
            : hidden.Unlink() == 0 || Errno.Last == Errno.ENOENT;
        _changes.Add((Remove, null));
        copy();
    }

    /// <summary>The old entry is under the hidden name; going back replaces the new one in one step.</summary>
    public void Exchanged(Place place, Place hidden)
        => _changes.Add((() => hidden.RenameTo(place.Directory, place.Name) == 0, () => hidden.Unlink()));

    /// <summary>Before anything is written; the journal disposes of it.</summary>
    public void WillOverwrite(InPlaceOverwrite inPlace)
    {
        _overwritten.Add(inPlace);
        _changes.Add((inPlace.Restore, null));
    }

    public void SetAside(Place place, Place hidden, bool isDirectory) => _changes.Add((
        () => hidden.RenameTo(place.Directory, place.Name, Abi.RENAME_NOREPLACE) == 0,
        () =>
        {
            if (!isDirectory)
                hidden.Unlink();
            else
                TryRemoveTree(hidden);
        }
    ));

    public void Moved(Place from, Place to)
        => _changes.Add((() => to.RenameTo(from.Directory, from.Name, Abi.RENAME_NOREPLACE) == 0, null));

    /// <summary>Nothing can fail any more: only what was set aside is removed.</summary>
    public void Commit()
    {
        foreach (var (_, commit) in _changes)
            commit?.Invoke();
        _changes.Clear();
    }

    /// <returns>False if a process in the workspace has changed the same entries meanwhile, so that not all could be restored.</returns>
    public bool Undo()
    {
        var all = true;
        for (var i = _changes.Count - 1; i >= 0; i--)
            all &= _changes[i].Undo();
        _changes.Clear();
        return all;
    }

    public void Dispose()
    {
        foreach (var inPlace in _overwritten)
            inPlace.Dispose();
        foreach (var directory in _directories.Values)
            directory.Dispose();
    }

    private static bool TryRemoveTree(Place place)
    {
        try
        {
            FileRemoval.RemoveTree(place, place.Name, channel: null, opensDirectories: true);
            return true;
        }
        catch (OperationException)
        {
            // Another user owns something in it. The result of the batch does not depend on it.
            return false;
        }
    }
}
