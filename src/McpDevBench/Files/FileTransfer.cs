using System.IO.Compression;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <param name="Entries">Files, directories and links.</param>
/// <param name="Bytes">Of file content.</param>
/// <param name="Skipped">Entries of other kinds, left out.</param>
internal sealed record TransferSummary(long Entries, long Bytes, long Skipped);

/// <param name="MaxRatio">At most so many times the bytes that were sent.</param>
internal sealed record UnpackLimits(long MaxBytes, uint MaxEntries, long MaxRatio);

/// <summary>The HTTP file endpoint's other half: whole files, ranges and archives, streamed.</summary>
internal sealed class FileTransfer(WorkspaceFiles files, ZipSpool zips, MetricCatalogue metrics)
{
    private const int Piece = 128 << 10;

    /// <summary>What an archive may unpack to.</summary>
    private static readonly UnpackLimits _limits = new(MaxBytes: 16L << 30, MaxEntries: 1_000_000, MaxRatio: 1_000);

    /// <summary>Copies a file's bytes from an offset to <paramref name="destination"/> as they arrive.</summary>
    /// <param name="length">Bytes; null to the end.</param>
    /// <param name="ifMatch">The etag that the file must have when it is opened; null for any.</param>
    public Task<FileEntry> DownloadAsync(Caller caller, string container, string path, long offset, long? length, string? ifMatch,
        Stream destination, CancellationToken cancellationToken)
    {
        var read = new ReadRequest(WorkspacePath.Parse(path).Relative, (ulong)offset, length is { } bytes ? (ulong)bytes : ulong.MaxValue,
            FileEntries.ParseEtag(ifMatch));
        return files.TransferAsync(caller, container, "read", Opcode.Read, read.Write, async call =>
        {
            await CopyAsync(call, destination, cancellationToken);
            return FileEntries.Of(await call.AnswerAsync(FileStat.Read, cancellationToken));
        }, cancellationToken);
    }

    /// <param name="request">Its content is not used.</param>
    public Task<FileEntry> UploadAsync(Caller caller, WriteFileRequest request, Stream source, CancellationToken cancellationToken)
    {
        var write = new WriteRequest(
            WorkspacePath.Parse(request.Path).Relative, FileEntries.ParseMode(request.Mode), request.CreateParents, request.Append,
            FileEntries.ParseEtag(request.IfMatch), FileEntries.ParseIfNoneMatch(request.IfNoneMatch));
        return files.TransferAsync(caller, request.Container, "write", Opcode.Write, write.Write, async call =>
        {
            metrics.Files.BytesWritten(await SendAsync(call, source, cancellationToken));
            return FileEntries.Of(await call.AnswerAsync(FileStat.Read, cancellationToken));
        }, cancellationToken);
    }

    /// <summary>Writes a directory as tar (or tar.gz) to <paramref name="destination"/>.</summary>
    public Task<TransferSummary> ExportAsync(Caller caller, string container, string path, IReadOnlyCollection<string> include,
        IReadOnlyCollection<string> exclude, bool gzip, Stream destination, CancellationToken cancellationToken)
    {
        var export = new ExportRequest(WorkspacePath.Parse(path).Relative, include, exclude);
        return files.TransferAsync(caller, container, "export", Opcode.Export, export.Write, async call =>
        {
            if (gzip)
            {
                await using var compressed = new GZipStream(destination, CompressionLevel.Fastest, leaveOpen: true);
                await CopyAsync(call, compressed, cancellationToken);
            }
            else
            {
                await CopyAsync(call, destination, cancellationToken);
            }
            return await AnswerAsync(call, cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Unpacks an archive below a directory, all or nothing.</summary>
    public async Task<TransferSummary> ImportAsync(Caller caller, string container, string path, ArchiveFormat format, Stream source,
        CancellationToken cancellationToken)
    {
        var target = WorkspacePath.Parse(path);
        // A zip takes its slot before it arrives.
        using var slot = await files.TakeSlotAsync(caller, container, cancellationToken);
        return format == ArchiveFormat.Zip
            ? await zips.SpoolAsync(source, file => ImportAsync(
                caller, container, target, call =>
                    SendZipAsync(call, new ZipArchiveFile(file), cancellationToken), cancellationToken), cancellationToken)
            : await ImportAsync(caller, container, target, call =>
                SendTarAsync(call, format == ArchiveFormat.TarGz, source, cancellationToken), cancellationToken);
    }

    private Task<TransferSummary> ImportAsync(Caller caller, string container, WorkspacePath target, Func<AgentCall, Task> send,
        CancellationToken cancellationToken)
    {
        var import = new ImportRequest(target.Relative, (ulong)_limits.MaxBytes, _limits.MaxEntries);
        return files.StreamAsync(caller, container, "import", Opcode.Import, import.Write, async call =>
        {
            await send(call);
            return await AnswerAsync(call, cancellationToken);
        }, cancellationToken);
    }

    private async Task SendZipAsync(AgentCall call, ZipArchiveFile archive, CancellationToken cancellationToken) =>
        metrics.Files.BytesWritten(await new ZipUnpacking(archive, call, _limits).SendAsync(cancellationToken));

    private async Task SendTarAsync(AgentCall call, bool gzip, Stream source, CancellationToken cancellationToken)
    {
        if (!gzip)
        {
            metrics.Files.BytesWritten(await SendAsync(call, source, cancellationToken));
            return;
        }
        await using var packed = new CountingStream(source);
        await using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        await UnpackAsync(call, packed, unpacked, cancellationToken);
    }

    private async Task CopyAsync(AgentCall call, Stream destination, CancellationToken cancellationToken)
    {
        while (await call.ReceiveAsync(cancellationToken) is { } piece)
        {
            await destination.WriteAsync(piece, cancellationToken);
            metrics.Files.BytesRead(piece.Length);
        }
    }

    private static async Task<long> SendAsync(AgentCall call, Stream source, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        var sent = 0L;
        // An answer before the end is an error: the rest of the upload is not needed.
        for (int read; !call.Answered && (read = await source.ReadAsync(buffer, cancellationToken)) > 0; sent += read)
            await call.SendAsync(buffer.AsMemory(0, read), cancellationToken);
        await call.SendEndAsync();
        return sent;
    }

    private async Task UnpackAsync(AgentCall call, CountingStream packed, GZipStream unpacked, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        var sent = 0L;
        try
        {
            for (int read; !call.Answered && (read = await unpacked.ReadAsync(buffer, cancellationToken)) > 0; sent += read)
            {
                if (sent > _limits.MaxBytes || sent / _limits.MaxRatio > packed.Count + Piece)
                    throw new RequestException(ErrorCode.ResourceExhausted, "The archive unpacks to far more than it is.",
                        "Upload it without compression, or in parts.");
                await call.SendAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        catch (InvalidDataException e)
        {
            // The exception's own text names entries and compression methods for any error.
            throw new RequestException(
                ErrorCode.InvalidArgument, "The upload is not a gzip archive, or it is damaged: its data, length or checksum is wrong.",
                "Pack it again and send it with application/gzip, or send a plain .tar with application/x-tar. Nothing was unpacked.",
                inner: e);
        }
        await call.SendEndAsync();
        metrics.Files.BytesWritten(sent);
    }

    private static async Task<TransferSummary> AnswerAsync(AgentCall call, CancellationToken cancellationToken)
    {
        var answer = await call.AnswerAsync(TransferResponse.Read, cancellationToken);
        return new TransferSummary(answer.Entries, (long)answer.Bytes, answer.Skipped);
    }
}
