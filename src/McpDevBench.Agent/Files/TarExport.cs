using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// A file or a tree as a tar archive, which may change meanwhile: content is padded or cut to the size in its header. An unreadable entry
/// is an error, found before the first byte is sent unless it changes meanwhile.
/// </summary>
internal sealed class TarExport(RootDirectory workspace)
{
    public TransferResponse Export(ExportRequest request, Channel channel)
    {
        var writer = new ChannelWriter(channel);
        var run = new TreeExport(writer, channel, Glob.Of(request.Include), Glob.Of(request.Exclude));
        var start = workspace.Open(request.Path, Abi.O_PATH);
        if (Entry.Of(start, request.Path).Kind == FileKind.Directory)
        {
            using (var check = new TreeWalk(start, request.Path, recursive: true, requireAll: true))
                run.Check(check);
            using var walk = new TreeWalk(workspace.Open(request.Path, Abi.O_PATH), request.Path, recursive: true, requireAll: true);
            run.Tree(walk);
        }
        else
        {
            start.Dispose();
            using var place = FileWriter.FollowFinalLink(workspace, request.Path);
            var (_, name) = RootDirectory.Split(request.Path);
            run.One(place.Directory, place.Name, name.AsSpan(..^1), request.Path);
        }
        run.Tar.End();
        writer.End();
        return new TransferResponse(run.Entries, run.Bytes, run.Skipped);
    }

    private sealed class TreeExport(ChannelWriter to, Channel channel, Glob[] include, Glob[] exclude)
    {
        public TarWriter Tar { get; } = new(to);

        public uint Entries { get; private set; }

        public ulong Bytes { get; private set; }

        public uint Skipped { get; private set; }

        /// <summary>Finds what cannot be read.</summary>
        public void Check(TreeWalk walk)
        {
            while (Next(walk))
            {
                if (walk.Type == Abi.DT_REG && Open(walk.Directory, walk.NameZ, walk.ShownPath) is { } file)
                    file.Dispose();
            }
        }

        public void Tree(TreeWalk walk)
        {
            while (Next(walk))
                One(walk.Directory, walk.NameZ, walk.Path, walk.ShownPath);
        }

        /// <param name="shown">In the archive.</param>
        /// <param name="path">In errors.</param>
        public void One(int directory, byte[] name, ReadOnlySpan<byte> shown, byte[] path)
        {
            if (Entry.Find(directory, name) is not { } entry)
                return;
            switch (entry.Kind)
            {
                case FileKind.Directory:
                    Tar.Header([.. shown, (byte)'/'], '5', entry.Permissions, 0, entry.MtimeSeconds, default);
                    Entries++;
                    break;
                case FileKind.Link:
                    Tar.Header(shown, '2', 0x1ff, 0, entry.MtimeSeconds, Entry.LinkTarget(directory, name));
                    Entries++;
                    break;
                case FileKind.File:
                    File(directory, name, shown, path);
                    break;
                default:
                    Skipped++;
                    break;
            }
        }

        /// <summary>On to the next entry that is asked for.</summary>
        private bool Next(TreeWalk walk)
        {
            while (walk.Next(() => !Any(exclude, walk.Path)))
            {
                channel.ThrowIfCancelled();
                if (!Any(exclude, walk.Path) && (include.Length == 0 || Any(include, walk.Path)) && walk.Directory >= 0)
                    return true;
            }
            return false;
        }

        /// <returns>Null if it has gone, or has become something else.</returns>
        private static Fd? Open(int directory, byte[] name, byte[] path)
        {
            var fd = ClosedFile.TryOpen(directory, name);
            if (fd >= 0)
                return new Fd(fd);
            return Errno.Last is Errno.ENOENT or Errno.ELOOP or Errno.ENXIO ? null : throw Errno.ToException(path);
        }

        private void File(int directory, byte[] name, ReadOnlySpan<byte> shown, byte[] path)
        {
            if (Open(directory, name, path) is not { } fd)
            {
                Skipped++;
                return;
            }
            using var _ = fd;
            var entry = Entry.Of(fd, shown);
            if (entry.Kind != FileKind.File)
            {
                Skipped++;
                return;
            }
            Tar.Header(shown, '0', entry.Permissions, entry.Size, entry.MtimeSeconds, default);
            long done = 0;
            while (done < entry.Size)
            {
                var count = Fd.ReadFully(fd, to.Room(entry.Size - done), done, shown);
                if (count == 0)
                    break;
                done += count;
                to.Advance(count);
            }
            Tar.Zeros(entry.Size - done);
            Tar.Pad(entry.Size);
            Entries++;
            Bytes += (ulong)entry.Size;
        }

        private static bool Any(Glob[] globs, ReadOnlySpan<byte> path)
        {
            foreach (var glob in globs)
            {
                if (glob.Matches(path))
                    return true;
            }
            return false;
        }
    }
}
