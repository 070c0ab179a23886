using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Moves a complete tree into a target directory. A directory joins one of the same name; a file or link replaces a file or link; what is
/// new is moved whole. Undone in reverse if it cannot be finished. Under the workspace's lock.
/// </summary>
internal sealed unsafe class TreeMerge(RootDirectory workspace, StagingDirectory staging, byte[] target, DirectoryModes modes)
{
    private const int RecordsBetweenChecks = 1024;

    private readonly byte[] _prefix = DirectoryLister.Prefix(target);
    private readonly CreatedDirectories _made = new(workspace);
    private readonly List<(byte[] Path, bool Replaced)> _done = [];

    /// <summary>Finds, before anything is changed, what cannot be moved.</summary>
    /// <param name="mustBeFree">Nothing may be at the target, or an empty directory.</param>
    public void Check(bool mustBeFree)
    {
        if (!_made.Exists(target))
            return;
        if (mustBeFree)
            RequireFree(workspace, target);
        Walk(apply: false);
    }

    public void Apply()
    {
        try
        {
            if (_made.Exists(target))
                Walk(apply: true);
            else
                MoveWhole();
        }
        catch (OperationException)
        {
            Undo();
            staging.Forget();
            throw;
        }
    }

    /// <summary>After <see cref="Apply"/>: a directory that was there before keeps its own mode.</summary>
    public void SetModes()
        => modes.Set(path => workspace.TryOpen([.. _prefix, .. path], Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_NOFOLLOW));

    /// <param name="target">A directory that exists.</param>
    public static void RequireFree(RootDirectory workspace, byte[] target)
    {
        using var names = new DirectoryNames();
        using var directory = workspace.Open(target, Abi.O_RDONLY | Abi.O_DIRECTORY);
        names.Read(directory, inside: false, target);
        if (names.Count > 0)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(target)}: exists already, and is not empty");
    }

    private void MoveWhole()
    {
        _made.MakeParents(target);
        using var to = workspace.Locate(target);
        Rename(staging.Directory, Text.Z("tree"), to, Abi.RENAME_NOREPLACE, target);
    }

    private void Walk(bool apply)
    {
        using var walk = new TreeWalk(
            RootDirectory.OpenBelow(staging.TreeDirectory, default, Abi.O_PATH | Abi.O_DIRECTORY), target, recursive: true,
            requireAll: true);
        while (walk.Next(() => _made.Exists(PathOf(walk))))
        {
            if (walk.Directory < 0 || Entry.Find(walk.Directory, walk.NameZ) is not { } source)
                continue;
            var path = PathOf(walk);
            using var to = workspace.Locate(path);
            if (source.Kind == FileKind.Directory)
                PutDirectory(walk, to, path, apply);
            else
                PutFile(walk, to, path, apply);
        }
    }

    private byte[] PathOf(TreeWalk walk) => [.. _prefix, .. walk.Path];

    private void PutDirectory(TreeWalk walk, Place to, byte[] path, bool apply)
    {
        var found = to.Find();
        // A link counts as the directory that it leads to, if that is inside the workspace.
        if (found is { Kind: FileKind.Directory } || (found is { Kind: FileKind.Link } && _made.Exists(path)))
        {
            if (apply)
                modes.Joined(walk.Path);
            return;
        }
        if (found is not null)
            throw Errno.ToException(Errno.ENOTDIR, Text.Show(path));
        if (!apply)
            return;
        Rename(new Fd(walk.Directory), walk.NameZ, to, Abi.RENAME_NOREPLACE, path);
        Record(path, replaced: false);
    }

    private void PutFile(TreeWalk walk, Place to, byte[] path, bool apply)
    {
        var found = to.Find();
        FileReplacement.RequireFile(found, path);
        if (!apply)
            return;
        if (found is not null)
            Keep(to, path);
        Record(path, replaced: found is not null);
        Rename(new Fd(walk.Directory), walk.NameZ, to, 0, path);
    }

    /// <summary>The old file gets a second name, from which it can come back. Where the system does not allow that, it is moved.</summary>
    private void Keep(Place to, byte[] path)
    {
        fixed (byte* from = to.Name, kept = NameOf(_done.Count))
        {
            if (Libc.linkat(to.Directory, from, staging.Old, kept, 0) != 0 && Libc.renameat2(to.Directory, from, staging.Old, kept, 0) != 0)
                throw Errno.ToException(path);
        }
    }

    private void Record(byte[] path, bool replaced)
    {
        if (_done.Count % RecordsBetweenChecks == 0)
            Heap.RequireRoom();
        _done.Add((path, replaced));
    }

    private void Undo()
    {
        for (var i = _done.Count - 1; i >= 0; i--)
        {
            var (path, replaced) = _done[i];
            try
            {
                using var to = workspace.Locate(path);
                if (replaced)
                    new Place(staging.Old, NameOf(i)).RenameTo(to.Directory, to.Name);
                else
                    to.RenameTo(staging.Old, NameOf(i));
            }
            catch (OperationException)
            {
                // A process in the workspace has moved the directory since: what it holds went along.
            }
        }
        _made.Undo();
    }

    private static void Rename(Fd directory, byte[] name, Place to, uint flags, byte[] path)
    {
        fixed (byte* from = name, z = to.Name)
        {
            if (Libc.renameat2(directory, from, to.Directory, z, flags) == 0)
                return;
        }
        throw Errno.Last == Errno.EEXIST
            ? new OperationException(AgentStatus.Conflict, $"{Text.Show(path)}: exists already")
            : Errno.ToException(path);
    }

    private static byte[] NameOf(int number) => Text.Z($"{number}");
}
