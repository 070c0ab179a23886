using McpDevBench.AgentProtocol;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <summary>Reads and writes the bytes of a file.</summary>
internal sealed class FileContents(WorkspaceFiles files, FileMetrics metrics)
{
    /// <param name="requested">Called once the request has been sent.</param>
    public async Task<(byte[] Content, FileStat Stat)> ReadAsync(
        Caller caller, string container, WorkspacePath path, long offset, long length, CancellationToken cancellationToken,
        Action? requested = null)
    {
        var read = new ReadRequest(path.Relative, (ulong)offset, (ulong)length);
        var content = new MemoryStream();
        var stat = await files.StreamAsync(caller, container, "read", Opcode.Read, read.Write, async call =>
        {
            requested?.Invoke();
            while (await call.ReceiveAsync(cancellationToken) is { } piece)
            {
                if (content.Length + piece.Length > length)
                    throw new RequestException(
                        ErrorCode.ServerError, "The workspace sent more than was asked for.",
                        "Call again; if it stays so, kill with keep_workspace=true, then spawn with alias set to the kept_as of kill.");
                content.Write(piece);
            }
            return await call.AnswerAsync(FileStat.Read, cancellationToken);
        }, cancellationToken);
        metrics.BytesRead(content.Length);
        return (content.ToArray(), stat);
    }

    /// <param name="beforeReplacing">Runs while the content is sent, and completes before the file is replaced.</param>
    public async Task<FileStat> WriteAsync(
        Caller caller, string container, string operation, WriteRequest write, byte[] content, NeedsNoRoom needsNoRoom,
        CancellationToken cancellationToken, Task? beforeReplacing = null)
    {
        var stat = await files.StreamAsync(caller, container, operation, Opcode.Write, write.Write, async call =>
        {
            await call.SendAsync(content, cancellationToken);
            // The file is replaced at the end of its new content.
            await (beforeReplacing ?? Task.CompletedTask);
            await call.SendEndAsync();
            return await call.AnswerAsync(FileStat.Read, cancellationToken);
        }, cancellationToken, needsNoRoom: needsNoRoom);
        metrics.BytesWritten(content.Length);
        return stat;
    }
}
