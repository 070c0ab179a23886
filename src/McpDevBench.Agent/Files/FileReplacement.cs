using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Puts a complete file in its place.</summary>
internal static class FileReplacement
{
    private const uint DefaultMode = 0x1a4; // 0644

    public static uint ModeFor(uint requested, Entry? before)
    {
        if (requested != WriteRequest.KeepMode)
            return requested & Entry.PermissionBits;
        return before is { Kind: FileKind.File } file ? file.Permissions : DefaultMode;
    }

    /// <summary>Mode and content are on disk before the name is.</summary>
    public static void Finish(Fd fd, uint mode, ReadOnlySpan<byte> path)
    {
        if (Libc.fchmod(fd, mode) != 0 || Libc.fsync(fd) != 0)
            throw Errno.ToException(path);
    }

    /// <summary>A reader sees the old file or the new one, and never none.</summary>
    public static void Put(TempFile temp, Place place, Entry? before, bool mustBeNew, ReadOnlySpan<byte> path)
    {
        if (before is null)
        {
            if (temp.LinkAs(place.Name) == 0)
                return;
            if (Errno.Last != Errno.EEXIST)
                throw Errno.ToException(path);
            if (mustBeNew)
                throw new OperationException(AgentStatus.Conflict, $"{Text.Show(path)}: exists already");
            // A process in the workspace has created it meanwhile: its file is replaced.
            before = place.Find();
        }
        RequireFile(before, path);
        var hidden = place.Sibling(TempFile.NewName());
        if (temp.LinkAs(hidden.Name) != 0)
            throw Errno.ToException(path);
        if (hidden.RenameTo(place.Directory, place.Name) == 0)
            return;
        var failure = Errno.ToException(path);
        hidden.Unlink();
        throw failure;
    }

    /// <summary>A file or link can take the place of a file or link, and a directory can join a directory.</summary>
    public static void RequireSameKind(FileKind source, Entry? found, ReadOnlySpan<byte> path)
    {
        if (source != FileKind.Directory)
            RequireFile(found, path);
        else if (found is { Kind: not FileKind.Directory })
            throw new OperationException(AgentStatus.NotADirectory,
                $"{Text.Show(path)}: is not a directory, and a directory joins only a directory");
    }

    public static void RequireFile(Entry? entry, ReadOnlySpan<byte> path)
    {
        switch (entry?.Kind)
        {
            case null or FileKind.File or FileKind.Link:
                return;
            case FileKind.Directory:
                throw new OperationException(AgentStatus.IsADirectory, $"{Text.Show(path)}: is a directory");
            default:
                throw new OperationException(AgentStatus.NotRegular, $"{Text.Show(path)}: is not a regular file");
        }
    }

    /// <summary>A range of one file to the end of another.</summary>
    public static long Copy(Fd from, Fd to, long offset, long length, ReadOnlySpan<byte> path, Channel? channel = null)
    {
        var buffer = BufferPool.Rent();
        try
        {
            long done = 0;
            while (done < length)
            {
                channel?.ThrowIfCancelled();
                var count = Fd.ReadFully(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done)), offset + done, path);
                if (count == 0)
                    break;
                Fd.WriteFully(to, buffer.AsSpan(0, count), path);
                done += count;
            }
            return done;
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }
}
