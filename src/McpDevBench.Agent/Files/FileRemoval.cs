using System.Runtime.InteropServices;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Removes entries and whole trees.</summary>
internal static unsafe class FileRemoval
{
    private const int BufferSize = 16 << 10;
    private const int RecordHeader = 19;
    private const uint OwnerBits = 0x1c0; // 0700

    public static void Delete(RootDirectory workspace, DeleteRequest request, Channel channel)
    {
        using var place = workspace.Locate(request.Path);
        lock (workspace.Mutation)
        {
            var found = place.Find();
            Conditions.Check(request.Path, found, request.IfMatch, ifNoneMatch: false);
            if (found is not { } entry)
                throw Errno.ToException(Errno.ENOENT, Text.Show(request.Path));
            if (entry.Kind != FileKind.Directory || !request.Recursive)
            {
                if (place.Unlink(entry.Kind == FileKind.Directory) != 0)
                    throw Errno.ToException(request.Path);
                return;
            }
        }
        RemoveTree(place, request.Path, channel);
    }

    /// <summary>
    /// A directory with all that is in it, however deep, with three descriptors: down by name without following links, and up by "..",
    /// which must lead to the directory it came from.
    /// </summary>
    /// <param name="opensDirectories">Makes directories writable for their owner: for entries that were reported as removed.</param>
    public static void RemoveTree(Place place, ReadOnlySpan<byte> path, Channel? channel, bool opensDirectories = false)
    {
        var above = new Stack<(ulong, ulong)>();
        var current = OpenDirectory(place.Directory, place.Name, path, opensDirectories);
        try
        {
            while (true)
            {
                channel?.ThrowIfCancelled();
                if (ClearFiles(current, path) is { } full)
                {
                    above.Push(Entry.Of(current, path).Identity);
                    var below = OpenDirectory(current, full, path, opensDirectories);
                    Libc.close(current);
                    current = below;
                    continue;
                }
                if (above.Count == 0)
                    break;
                var up = OpenDirectory(current, Text.Z(".."), path, changeMode: false);
                Libc.close(current);
                current = up;
                if (Entry.Of(current, path).Identity != above.Pop())
                    throw new OperationException(AgentStatus.Failed, $"{Text.Show(path)}: was moved while it was being removed");
            }
        }
        finally
        {
            Libc.close(current);
        }
        if (place.Unlink(isDirectory: true) != 0)
            throw Errno.ToException(path);
    }

    /// <summary>Removes files and empty directories; stops at the first directory that is not empty, and names it.</summary>
    private static byte[]? ClearFiles(int directory, ReadOnlySpan<byte> path)
    {
        var buffer = stackalloc byte[BufferSize];
        for (nint count; (count = Libc.getdents64(directory, buffer, BufferSize)) != 0;)
        {
            if (count < 0)
                throw Errno.ToException(path);
            for (nint at = 0; at < count; at += *(ushort*)(buffer + at + 16))
            {
                var name = buffer + at + RecordHeader;
                if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
                    continue;
                // Removing it as what it seems to be is safe: the kernel checks the type.
                var isDirectory = buffer[at + 18] == Abi.DT_DIR;
                var error = Remove(directory, name, isDirectory);
                if (error is Errno.EISDIR or Errno.ENOTDIR)
                    error = Remove(directory, name, !isDirectory);
                if (error is Errno.ENOTEMPTY or Errno.EEXIST)
                    return Text.Z(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
                if (error is not (0 or Errno.ENOENT))
                    throw Errno.ToException(error, Text.Show(path));
            }
        }
        return null;
    }

    private static int Remove(int directory, byte* name, bool isDirectory)
        => Libc.unlinkat(directory, name, isDirectory ? Abi.AT_REMOVEDIR : 0) == 0 ? 0 : Errno.Last;

    private static int OpenDirectory(int directory, byte[] name, ReadOnlySpan<byte> path, bool changeMode)
    {
        fixed (byte* z = name)
        {
            if (changeMode && Entry.Find(directory, name) is { Kind: FileKind.Directory } entry && (entry.Mode & OwnerBits) != OwnerBits)
                Libc.fchmodat(directory, z, entry.Mode | OwnerBits, 0);
            var fd = Libc.openat(directory, z, Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW | Abi.O_CLOEXEC, 0);
            return fd >= 0 ? fd : throw Errno.ToException(path);
        }
    }
}
