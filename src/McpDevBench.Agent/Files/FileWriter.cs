using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Writes one file: the content goes to a file without a name, which then replaces the target in one step. A file that must not be
/// replaced is written in place: <see cref="InPlaceOverwrite"/>.
/// </summary>
internal sealed class FileWriter(RootDirectory workspace)
{
    private const int MaxLinks = 40;

    public FileStat Write(WriteRequest request, Channel channel)
    {
        var made = new CreatedDirectories(workspace);
        try
        {
            if (request.CreateParents)
                made.MakeParents(request.Path);
            // A dangling link counts as an entry that exists.
            using var place = request.IfNoneMatch ? workspace.Locate(request.Path) : FollowFinalLink(workspace, request.Path);
            using var temp = TempFile.Create(place.Directory, request.Path);
            Receive(channel, temp.Fd, request.Path);
            lock (workspace.Mutation)
            {
                // After the wait for the lock: a request that was answered as failed must not take effect later.
                channel.ThrowIfCancelled();
                if (request.Append)
                    Append(request, place, temp);
                else
                    Commit(request, place, temp);
                return place.Find() is { } entry
                    ? entry.ToFileStat(request.Path, place.Directory, place.Name)
                    : throw Errno.ToException(Errno.ENOENT, Text.Show(request.Path));
            }
        }
        catch (OperationException)
        {
            made.Undo();
            throw;
        }
    }

    /// <summary>
    /// Where a write to the path ends up. A final link is read and its target resolved again from the workspace, a bounded number
    /// of times; each step is opened below the workspace, so one that leads out fails.
    /// </summary>
    public static Place FollowFinalLink(RootDirectory workspace, ReadOnlySpan<byte> path)
    {
        RootDirectory.Check(path);
        for (var i = 0; i < MaxLinks; i++)
        {
            var (parent, _) = RootDirectory.Split(path);
            var place = workspace.Locate(path);
            var target = Entry.LinkTarget(place.Directory, place.Name);
            if (target.Length == 0)
                return place;
            place.Dispose();
            if (target.AsSpan().StartsWith("/"u8))
                throw Errno.ToException(Errno.EXDEV, Text.Show(path));
            path = parent.Length == 0 ? target : [.. parent, (byte)'/', .. target];
        }
        throw Errno.ToException(Errno.ELOOP, Text.Show(path));
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
        using var inPlace = InPlaceOverwrite.TryBegin(place, before, temp.Fd, request.Path);
        if (inPlace is not null)
        {
            inPlace.Write(temp.Fd, request.Mode);
            return;
        }
        FileReplacement.Finish(temp.Fd, FileReplacement.ModeFor(request.Mode, before), request.Path);
        FileReplacement.Put(temp, place, before, request.IfNoneMatch, request.Path);
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
        using var fd = RegularFile.Regular(opened, request.Path, out var entry);
        try
        {
            FileReplacement.Copy(temp.Fd, fd, 0, long.MaxValue, request.Path);
            if (Libc.fsync(fd) != 0)
                throw Errno.ToException(request.Path);
        }
        catch (OperationException)
        {
            // Another process may have appended too: losing its tail is better than leaving a half of this content.
            Libc.ftruncate(fd, entry.Size);
            throw;
        }
        if (request.Mode != WriteRequest.KeepMode)
            FileReplacement.Finish(fd, request.Mode & Entry.PermissionBits, request.Path);
    }
}
