using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Opens and reads regular files.</summary>
internal static unsafe class RegularFile
{
    /// <summary>Opens a regular file. Never blocks: a FIFO opens at once and is an error.</summary>
    public static Fd OpenRegular(RootDirectory workspace, ReadOnlySpan<byte> path, out Entry entry, int flags = Abi.O_RDONLY)
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

    /// <returns>The file as it was when it was opened. If a process writes to it in place meanwhile, the etag no longer matches.</returns>
    public static FileStat Read(RootDirectory workspace, ReadRequest request, Channel channel)
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
                channel.Send(buffer, count);
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
