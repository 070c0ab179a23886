using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <param name="FromContainer">Id or alias of the workspace that has the file or directory.</param>
/// <param name="Overwrite">Replace files at the target; a directory joins the one that is there.</param>
internal sealed record CopyFilesRequest(string FromContainer, string Path, string ToContainer, string Target, bool Overwrite);

/// <param name="Entry">What is at the target now.</param>
/// <param name="Entries">Files, directories and links.</param>
/// <param name="Bytes">Of file content.</param>
/// <param name="Skipped">Entries of other kinds, left out.</param>
internal sealed record CopiedFiles(FileEntry Source, FileEntry Entry, long Entries, long Bytes, long Skipped);

/// <summary>
/// Copies files from one workspace to another of the same owner, through the server and no faster than the target takes them. All or
/// nothing at the target.
/// </summary>
internal sealed class FileCopies(WorkspaceFiles files, FileService service, MetricCatalogue metrics)
{
    private const long MaxBytes = 16L << 30;
    private const uint MaxEntries = 1_000_000;

    /// <param name="onProgress">Gets the bytes so far.</param>
    public async Task<CopiedFiles> CopyAsync(Caller caller, CopyFilesRequest request, Action<long> onProgress,
        CancellationToken cancellationToken)
    {
        var (path, target) = (WorkspacePath.Parse(request.Path), WorkspacePath.Parse(request.Target));
        var isSame = await files.KeyOfAsync(caller, request.FromContainer, cancellationToken)
            == await files.KeyOfAsync(caller, request.ToContainer, cancellationToken);
        if (isSame && target.ToString() == path.ToString())
            throw new RequestException(ErrorCode.InvalidArgument, $"{path} would be copied onto itself.",
                "Give another target_path, or the target_container_id of another workspace.");
        var source = await service.StatAsync(caller, request.FromContainer, request.Path, cancellationToken);
        await AtTargetAsync(request, _ => CheckTargetAsync(caller, request, source, cancellationToken));
        var copied = source.Type switch
        {
            "directory" => await CopyTreeAsync(caller, request, path, target, onProgress, cancellationToken),
            "link" => await CopyLinkAsync(caller, request, path, target, cancellationToken),
            _ => await CopyFileAsync(caller, request, source, path, target, onProgress, cancellationToken),
        };
        var entry = await service.StatAsync(caller, request.ToContainer, request.Target, cancellationToken);
        return new CopiedFiles(source, entry, copied.Entries, copied.Bytes, copied.Skipped);
    }

    /// <summary>Before anything is sent, and for agents of version 1, which do not check it themselves when they move the tree into
    /// place.</summary>
    private async Task<bool> CheckTargetAsync(
        Caller caller, CopyFilesRequest request, FileEntry source, CancellationToken cancellationToken)
    {
        FileEntry found;
        try
        {
            found = await service.StatAsync(caller, request.ToContainer, request.Target, cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.FileNotFound)
        {
            return true;
        }
        RequireLike(source, found);
        if (request.Overwrite)
            return true;
        var list = new ListRequest(WorkspacePath.Parse(request.Target).Relative, Recursive: false, Glob: "", MaxEntries: 1, After: []);
        var isFree = found.Type == "directory" && (await files.RequestAsync(
            caller, request.ToContainer, "list", Opcode.List, list.Write, ListResponse.Read, repeatable: true,
                cancellationToken)).Entries.Count == 0;
        return isFree ? true : throw new RequestException(ErrorCode.Conflict, $"{found.Path} exists already.", "Pass overwrite=true.");
    }

    /// <summary>What overwrite=true would not help against.</summary>
    private static void RequireLike(FileEntry source, FileEntry found)
    {
        if (source.Type != "directory" && found.Type == "directory")
        {
            throw new RequestException(ErrorCode.InvalidArgument, $"{found.Path} is a directory, and {source.Path} is not.",
                $"To copy into it, pass target_path={found.Path}/{source.Path[(source.Path.LastIndexOf('/') + 1)..]}.");
        }
        if (source.Type == "directory" && found.Type == "file")
        {
            throw new RequestException(ErrorCode.InvalidArgument, $"{found.Path} is a file, and {source.Path} is a directory.",
                "Pass another target_path, or delete the file with fs_delete first.");
        }
    }

    /// <summary>The link itself, as in a directory that is copied; wherever it leads.</summary>
    private async Task<TransferSummary> CopyLinkAsync(
        Caller caller, CopyFilesRequest request, WorkspacePath path, WorkspacePath target, CancellationToken cancellationToken)
    {
        var stat = await files.RequestAsync(caller, request.FromContainer, "stat", Opcode.Stat, new StatRequest(path.Relative).Write,
            FileStat.Read, repeatable: true, cancellationToken);
        var slash = Array.LastIndexOf(target.Relative, (byte)'/');
        var parent = target.Relative[..Math.Max(0, slash)];
        var import = new ImportRequest(parent, (ulong)MaxBytes, MaxEntries, MustBeFree: false);
        var link = TarHeader.Of(target.Relative.AsSpan(slash + 1), '2', 0x1ff, 0, stat.MtimeNanoseconds / 1_000_000_000, stat.LinkTarget);
        return await AtTargetAsync(request, _ =>
            files.StreamAsync(caller, request.ToContainer, "import", Opcode.Import, import.Write, async to =>
        {
            await to.SendAsync(link, cancellationToken);
            await to.SendAsync(new byte[2 * TarHeader.Block], cancellationToken);
            await to.SendEndAsync();
            var imported = await to.AnswerAsync(TransferResponse.Read, cancellationToken);
            return new TransferSummary(imported.Entries, (long)imported.Bytes, imported.Skipped);
        }, cancellationToken));
    }

    private Task<TransferSummary> CopyFileAsync(
        Caller caller, CopyFilesRequest request, FileEntry source, WorkspacePath path, WorkspacePath target, Action<long> onProgress,
            CancellationToken cancellationToken)
    {
        var read = new ReadRequest(path.Relative, 0, ulong.MaxValue);
        var mode = FileEntries.ParseMode(source.Mode[^3..]);
        var write = new WriteRequest(target.Relative, mode, CreateParents: true, Append: false, IfMatch: null,
            IfNoneMatch: !request.Overwrite);
        return files.StreamAsync(caller, request.FromContainer, "read", Opcode.Read, read.Write, from =>
            AtTargetAsync(request, failure => files.StreamAsync(caller, request.ToContainer, "write", Opcode.Write, write.Write, async to =>
            {
                var bytes = await PipeAsync(from, to, onProgress, cancellationToken);
                await EndAsync(from, to, FileStat.Read, failure, cancellationToken);
                await to.AnswerAsync(FileStat.Read, cancellationToken);
                return new TransferSummary(1, bytes, 0);
            }, cancellationToken)), cancellationToken);
    }

    private Task<TransferSummary> CopyTreeAsync(
        Caller caller, CopyFilesRequest request, WorkspacePath path, WorkspacePath target, Action<long> onProgress,
            CancellationToken cancellationToken)
    {
        var export = new ExportRequest(path.Relative, [], []);
        var import = new ImportRequest(target.Relative, (ulong)MaxBytes, MaxEntries, MustBeFree: !request.Overwrite);
        return files.StreamAsync(caller, request.FromContainer, "export", Opcode.Export, export.Write, from =>
            AtTargetAsync(request, failure =>
                files.StreamAsync(caller, request.ToContainer, "import", Opcode.Import, import.Write, async to =>
            {
                await PipeAsync(from, to, onProgress, cancellationToken);
                var exported = await EndAsync(from, to, TransferResponse.Read, failure, cancellationToken);
                var imported = await to.AnswerAsync(TransferResponse.Read, cancellationToken);
                return new TransferSummary(imported.Entries, (long)imported.Bytes, imported.Skipped + (exported?.Skipped ?? 0));
            }, cancellationToken)), cancellationToken);
    }

    /// <summary>Content goes on when the target has taken what came before. An answer of the target before the end is an error.</summary>
    private async Task<long> PipeAsync(AgentCall from, AgentCall to, Action<long> onProgress, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        while (!to.Answered && await from.ReceiveAsync(cancellationToken) is { } piece)
        {
            await to.SendAsync(piece, cancellationToken);
            bytes += piece.Length;
            metrics.Files.BytesRead(piece.Length);
            metrics.Files.BytesWritten(piece.Length);
            onProgress(bytes);
        }
        return bytes;
    }

    /// <summary>The target gets the end of the content only after the source has reported that it was complete.</summary>
    /// <returns>The source's answer; null if the target has answered before.</returns>
    private static async Task<T?> EndAsync<T>(AgentCall from, AgentCall to, ReadMessage<T> read, Failure failure,
        CancellationToken cancellationToken)
        where T : class
    {
        if (to.Answered)
            return null;
        T answer;
        try
        {
            answer = await from.AnswerAsync(read, cancellationToken);
        }
        catch (RequestException e)
        {
            failure.OfSource = e;
            throw;
        }
        await to.SendEndAsync();
        return answer;
    }

    /// <summary>Names in an error the workspace that it is about.</summary>
    private static async Task<T> AtTargetAsync<T>(CopyFilesRequest request, Func<Failure, Task<T>> copy)
    {
        var failure = new Failure();
        try
        {
            return await copy(failure);
        }
        catch (RequestException e) when (e != failure.OfSource)
        {
            var hint = e.Code == ErrorCode.Conflict ? "Pass overwrite=true to replace files there, or another target_path." : e.Hint;
            throw new RequestException(e.Code, $"In the target workspace {request.ToContainer}: {e.Message} Nothing was copied.",
                hint, e.Retryable, e);
        }
    }

    private sealed class Failure
    {
        public RequestException? OfSource { get; set; }
    }
}
