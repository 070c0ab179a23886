using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Opening and reading regular files.</summary>
internal static unsafe class FileReading
{
    /// <summary>A regular file, and nothing that could block: a FIFO opens at once, and is refused.</summary>
    public static Fd OpenRegular(Workspace workspace, ReadOnlySpan<byte> path, out Entry entry, int flags = Abi.O_RDONLY)
        => Regular(workspace.Open(path, flags | Abi.O_NONBLOCK | Abi.O_NOCTTY), path, out entry);

    public static Fd Regular(Fd fd, ReadOnlySpan<byte> path, out Entry entry)
    {
        try
        {
            entry = Entry.Of(fd, path);
            if (entry.Kind == FileKind.Directory)
                throw new OperationException(AgentStatus.IsADirectory, $"{Text.Show(path)}: is a directory");
            if (entry.Kind != FileKind.File)
                throw new OperationException(AgentStatus.NotRegular, $"{Text.Show(path)}: is not a regular file");
            return fd;
        }
        catch (OperationException)
        {
            fd.Dispose();
            throw;
        }
    }

    /// <returns>The file as it was when it was opened: if somebody writes to it in place meanwhile, the etag no longer matches.</returns>
    public static FileStat Read(Workspace workspace, ReadRequest request, Channel channel)
    {
        using var fd = OpenRegular(workspace, request.Path, out var entry);
        if (request.IfMatch is { } etag && etag != entry.Etag)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(request.Path)}: has changed");
        var left = request.Offset < (ulong)entry.Size ? request.Length : 0;
        var offset = (long)Math.Min(request.Offset, long.MaxValue);
        while (left > 0)
        {
            var buffer = BufferPool.Rent();
            var wanted = (int)Math.Min(left, (ulong)buffer.Length);
            var count = Fd.ReadFully(fd, buffer.AsSpan(0, wanted), offset, request.Path);
            if (count > 0)
                channel.Send(buffer, count, isLast: count < wanted || left == (ulong)count);
            else
                BufferPool.Return(buffer);
            if (count < wanted)
                break;
            offset += count;
            left -= (ulong)count;
        }
        channel.SendEnd();
        return entry.ToFileStat(request.Path, fd);
    }
}
