using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Copies a file, a link, or a directory with all that is in it, to a name that is free.</summary>
/// <param name="leftOut">Names of a batch that are not copied.</param>
internal sealed unsafe class TreeCopy(Channel channel, HiddenNames leftOut)
{
    /// <summary>Files, directories and links that were copied.</summary>
    public uint Entries { get; private set; }

    /// <summary>Of the files.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>Of the directories, to be set when the copy is in its place.</summary>
    public DirectoryModes Modes { get; } = new();

    public void Copy(Place from, Entry entry, Place to, byte[] path)
    {
        if (entry.Kind == FileKind.Directory)
            CopyDirectory(from, entry, to, path);
        else
            CopyOne(from.Directory, from.Name, entry, to, path);
    }

    private void CopyDirectory(Place from, Entry entry, Place to, byte[] path)
    {
        if (Modes.Make(to, default, entry.Permissions) != 0)
            throw Errno.ToException(path);
        Entries++;
        using var copy = to.Open(Abi.O_PATH | Abi.O_DIRECTORY);
        using var walk = new TreeWalk(from.Open(Abi.O_PATH | Abi.O_DIRECTORY), path, recursive: true, requireAll: true);
        while (walk.Next())
        {
            channel.ThrowIfCancelled();
            var name = walk.NameZ;
            if (walk.Directory < 0 || leftOut.AreIn(walk.Path) || Entry.Find(walk.Directory, name) is not { } inside)
                continue;
            var parent = walk.Path[..Math.Max(0, walk.Path.Length - name.Length)];
            using var target = new Place(RootDirectory.OpenBelow(copy, parent, Abi.O_PATH | Abi.O_DIRECTORY, Abi.RESOLVE_NO_SYMLINKS),
                name);
            if (inside.Kind != FileKind.Directory)
                CopyOne(walk.Directory, name, inside, target, walk.ShownPath);
            else if (Modes.Make(target, walk.Path, inside.Permissions) != 0)
                throw Errno.ToException(walk.ShownPath);
            else
                Entries++;
        }
    }

    private void CopyOne(int directory, byte[] name, Entry entry, Place to, byte[] path)
    {
        Entries++;
        switch (entry.Kind)
        {
            case FileKind.Link:
                CopyLink(directory, name, to, path);
                break;
            case FileKind.File:
                CopyFile(directory, name, to, path);
                break;
            default:
                throw new OperationException(AgentStatus.NotRegular,
                    $"{Text.Show(path)}: is, or contains, something that is neither file, directory nor link");
        }
    }

    private void CopyFile(int directory, byte[] name, Place to, byte[] path)
    {
        var opened = ClosedFile.TryOpen(directory, name);
        if (opened < 0)
            throw Errno.ToException(path);
        using var from = RegularFile.Regular(new Fd(opened), path, out var entry);
        using var temp = TempFile.Create(to.Directory, path);
        Bytes += (ulong)FileReplacement.Copy(from, temp.Fd, 0, long.MaxValue, path, channel);
        if (Libc.fchmod(temp.Fd, entry.Permissions) != 0 || temp.LinkAs(to.Name) != 0)
            throw Errno.ToException(path);
    }

    private static void CopyLink(int directory, byte[] name, Place to, byte[] path)
    {
        fixed (byte* target = Text.Z(Entry.LinkTarget(directory, name)), z = to.Name)
        {
            if (Libc.symlinkat(target, to.Directory, z) != 0)
                throw Errno.ToException(path);
        }
    }
}
