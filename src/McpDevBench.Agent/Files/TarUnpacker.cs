using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Makes the entries of a tar in an empty directory, where nothing is followed and nothing outside can be named.</summary>
internal sealed unsafe class TarUnpacker(RootDirectory tree)
{
    private const long OmitTime = (1L << 30) - 2;

    /// <summary>Of the directories, to be set when the tree is in its place.</summary>
    public DirectoryModes Modes { get; } = new();

    public TransferResponse Unpack(ImportRequest request, Channel channel)
    {
        var reader = new TarReader(channel);
        uint entries = 0, skipped = 0;
        ulong bytes = 0;
        while (reader.TryNext(out var member))
        {
            channel.ThrowIfCancelled();
            if (entries + skipped == request.MaxEntries)
                throw new OperationException(AgentStatus.TooLarge, $"archive: more than {request.MaxEntries} entries");
            if ((ulong)member.Size > request.MaxBytes - bytes)
                throw new OperationException(AgentStatus.TooLarge, $"archive: more than {request.MaxBytes} bytes");
            var path = ArchivePath.Clean(member.Name);
            if (path.Length == 0)
                continue;
            if (!Unpack(member, path, reader))
            {
                skipped++;
                continue;
            }
            entries++;
            bytes += (ulong)member.Size;
        }
        return new TransferResponse(entries, bytes, skipped);
    }

    /// <returns>False for what is neither file, directory nor link.</returns>
    private bool Unpack(TarMember member, byte[] path, TarReader reader)
    {
        if (member.Type is not ('0' or '1' or '2' or '5'))
            return false;
        if (member.Type == '5')
        {
            MakeDirectory(path, member.Mode);
            return true;
        }
        new CreatedDirectories(tree).MakeParents(path);
        using var place = tree.Locate(path);
        if (member.Type == '0')
            MakeFile(member, path, place, reader);
        else if (member.Type == '1')
            MakeHardLink(ArchivePath.Clean(member.Link), path, place);
        else
            MakeLink(member.Link, path, place);
        return true;
    }

    private void MakeDirectory(byte[] path, uint mode)
    {
        new CreatedDirectories(tree).MakeParents(path);
        using var place = tree.Locate(path);
        if (Modes.Make(place, path, mode) == 0)
            return;
        if (Errno.Last != Errno.EEXIST)
            throw Errno.ToException(path);
        tree.Open(path, Abi.O_PATH | Abi.O_DIRECTORY).Dispose();
    }

    private static void MakeFile(TarMember member, byte[] path, Place place, TarReader reader)
    {
        using var temp = TempFile.Create(place.Directory, path);
        var buffer = BufferPool.Rent();
        try
        {
            for (int count; (count = reader.Read(buffer)) > 0;)
                Fd.WriteFully(temp.Fd, buffer.AsSpan(0, count), path);
        }
        finally
        {
            BufferPool.Return(buffer);
        }
        var times = stackalloc Timespec[2];
        (times[0].Nanoseconds, times[1].Seconds) = (OmitTime, member.Mtime);
        if (Libc.fchmod(temp.Fd, member.Mode) != 0 || Libc.futimens(temp.Fd, times) != 0)
            throw Errno.ToException(path);
        FileReplacement.Put(temp, place, place.Find(), mustBeNew: false, path);
    }

    private void MakeHardLink(byte[] target, byte[] path, Place place)
    {
        if (target.Length == 0)
            throw new OperationException(AgentStatus.PathDenied, $"archive: {Text.Show(path)} is a hard link to the destination itself");
        using var source = tree.Locate(target);
        if (source.Find() is not { Kind: FileKind.File or FileKind.Link })
            throw new OperationException(AgentStatus.PathDenied,
                $"archive: {Text.Show(path)} is a hard link to something that is not a file of the archive");
        var hidden = place.Sibling(TempFile.NewName());
        fixed (byte* from = source.Name, to = hidden.Name)
        {
            if (Libc.linkat(source.Directory, from, place.Directory, to, 0) != 0)
                throw Errno.ToException(path);
        }
        TakePlace(hidden, path, place);
    }

    private static void MakeLink(byte[] target, byte[] path, Place place)
    {
        ArchivePath.CheckLink(path, target);
        var hidden = place.Sibling(TempFile.NewName());
        fixed (byte* words = Text.Z(target), to = hidden.Name)
        {
            if (Libc.symlinkat(words, place.Directory, to) != 0)
                throw Errno.ToException(path);
        }
        TakePlace(hidden, path, place);
    }

    private static void TakePlace(Place hidden, byte[] path, Place place)
    {
        try
        {
            FileReplacement.RequireFile(place.Find(), path);
            if (hidden.RenameTo(place.Directory, place.Name) != 0)
                throw Errno.ToException(path);
        }
        finally
        {
            // Still there if that failed, or if both were names of one file already.
            hidden.Unlink();
        }
    }
}
