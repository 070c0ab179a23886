using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>
/// Writing one file: the content is written to a file without a name, which then replaces the target in one step. What must not be
/// replaced is written in place: <see cref="Overwriting"/>.
/// </summary>
internal sealed class FileWriting(Workspace workspace)
{
    private const int MaxLinks = 40;

    public FileStat Write(WriteRequest request, Channel channel)
    {
        var made = new MadeDirectories(workspace);
        try
        {
            if (request.CreateParents)
                made.MakeParents(request.Path);
            // A link that is there is something that exists, even if it leads nowhere.
            using var place = request.IfNoneMatch ? workspace.Locate(request.Path) : FollowFinalLink(workspace, request.Path);
            using var temp = TempFile.Create(place.Directory, request.Path);
            Receive(channel, temp.Fd, request.Path);
            lock (workspace.Mutation)
            {
                // After the wait for the lock: what was answered as failed must not be done later.
                channel.ThrowIfCancelled();
                if (request.Append)
                    Append(request, place, temp);
                else
                    Commit(request, place, temp);
                return place.Find() is { } entry
                    ? entry.ToFileStat(request.Path, place.Directory, place.Name)
                    : throw Errno.Refuse(Errno.ENOENT, Text.Show(request.Path));
            }
        }
        catch (OperationException)
        {
            made.Undo();
            throw;
        }
    }

    /// <summary>
    /// Where a write to the path really goes. A final link is read and its target resolved again from the workspace, a bounded number
    /// of times; each step is opened below the workspace, so one that leads out is refused there.
    /// </summary>
    public static Place FollowFinalLink(Workspace workspace, ReadOnlySpan<byte> path)
    {
        Workspace.Check(path);
        for (var i = 0; i < MaxLinks; i++)
        {
            var (parent, _) = Workspace.Split(path);
            var place = workspace.Locate(path);
            var target = Entry.LinkTarget(place.Directory, place.Name);
            if (target.Length == 0)
                return place;
            place.Dispose();
            if (target.AsSpan().StartsWith("/"u8))
                throw Errno.Refuse(Errno.EXDEV, Text.Show(path));
            path = parent.Length == 0 ? target : [.. parent, (byte)'/', .. target];
        }
        throw Errno.Refuse(Errno.ELOOP, Text.Show(path));
    }

    private static void Receive(Channel channel, Fd to, byte[] path)
    {
        var buffer = BufferPool.Rent();
        try
        {
            for (int count; (count = channel.Read(buffer)) > 0;)
                Fd.WriteFully(to, buffer.AsSpan(0, count), path);
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }

    private static void Commit(WriteRequest request, Place place, TempFile temp)
    {
        var before = place.Find();
        Conditions.Check(request.Path, before, request.IfMatch, request.IfNoneMatch);
        using var inPlace = Overwriting.TryBegin(place, before, temp.Fd, request.Path);
        if (inPlace is not null)
        {
            inPlace.Write(temp.Fd, request.Mode);
            return;
        }
        Replacing.Finish(temp.Fd, Replacing.ModeFor(request.Mode, before), request.Path);
        Replacing.Put(temp, place, before, request.IfNoneMatch, request.Path);
    }

    private static void Append(WriteRequest request, Place place, TempFile temp)
    {
        var before = place.Find();
        Conditions.Check(request.Path, before, request.IfMatch, request.IfNoneMatch);
        if (before is null)
        {
            Commit(request, place, temp);
            return;
        }
        var opened = place.Open(Abi.O_WRONLY | Abi.O_APPEND | Abi.O_NONBLOCK | Abi.O_NOCTTY);
        using var fd = FileReading.Regular(opened, request.Path, out var entry);
        try
        {
            Replacing.Copy(temp.Fd, fd, 0, long.MaxValue, request.Path);
            if (Libc.fsync(fd) != 0)
                throw Errno.Refuse(request.Path);
        }
        catch (OperationException)
        {
            // What has been appended is ours alone only while nobody else appends; better a lost tail than a half of ours.
            Libc.ftruncate(fd, entry.Size);
            throw;
        }
        if (request.Mode != WriteRequest.KeepMode)
            Replacing.Finish(fd, request.Mode & Entry.PermissionBits, request.Path);
    }
}
