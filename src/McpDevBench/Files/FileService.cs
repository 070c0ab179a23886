using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <summary>Files of a workspace, through its agent: the server checks nothing that could change before its use.</summary>
internal sealed class FileService(WorkspaceFiles files, MetricCatalogue metrics)
{
    /// <summary>Largest file that can be edited, in bytes.</summary>
    public const int MaxTextBytes = 16 << 20;

    /// <summary>Only processes in the workspace make an edit begin anew, and each time they have written something.</summary>
    private const int MaxEditAttempts = 50;

    private readonly KeyedLock _editing = new();
    private readonly FileContents _contents = new(files, metrics.Files);

    public Task<ReadFile> ReadAsync(Caller caller, ReadFileRequest request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        return new FileReading(RangesOf(caller, request.Container, path), request).ReadAsync(cancellationToken);
    }

    private ReadRange RangesOf(Caller caller, string container, WorkspacePath path) => async (offset, length, cancellationToken) =>
    {
        var (content, stat) = await _contents.ReadAsync(caller, container, path, offset, length, cancellationToken);
        return (content, FileEntries.Of(stat));
    };

    public async Task<WrittenFile> WriteAsync(Caller caller, WriteFileRequest request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        var write = new WriteRequest(
            path.Relative, FileEntries.ParseMode(request.Mode), request.CreateParents, request.Append,
            FileEntries.ParseEtag(request.IfMatch), FileEntries.ParseIfNoneMatch(request.IfNoneMatch));
        var content = ContentBytes.IsText(request.Encoding) && request.Append && !write.IfNoneMatch
            ? await AppendedAsync(caller, request, path, cancellationToken)
            : null;
        content ??= ContentBytes.Of(request.Content, request.Encoding);
        if (request.Append || write.IfNoneMatch || content.Length == 0 || !ContentBytes.IsText(request.Encoding))
            return new WrittenFile(FileEntries.Of(await SendAsync(Task.CompletedTask)), Note: null);
        var requested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = OverwrittenAsync(caller, request.Container, path, () => requested.TrySetResult(), cancellationToken);
        // The agent takes requests in their order: a read that waited behind its own write could wait for ever.
        await Task.WhenAny(requested.Task, before);
        try
        {
            var stat = await SendAsync(before);
            return new WrittenFile(FileEntries.Of(stat), (await before)?.Note(request.Encoding, content));
        }
        finally
        {
            await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<FileStat> SendAsync(Task beforeReplacing) => WithEtagAsync(
            caller, request.Container, request.Path, request.IfMatch,
            () => _contents.WriteAsync(
                caller, request.Container, "write", write, content, NeedsNoRoomAsync, cancellationToken, beforeReplacing),
            cancellationToken);

        async Task<bool> NeedsNoRoomAsync() =>
            content.Length == 0
            || (!request.Append && content.Length < await SizeAsync(caller, request.Container, path, cancellationToken));
    }

    /// <summary>The text that a write is about to replace.</summary>
    /// <param name="requested">Called once the agent has been asked for it.</param>
    /// <returns>Null if there is none: the write itself reports what is wrong with the path.</returns>
    private async Task<OverwrittenText?> OverwrittenAsync(
        Caller caller, string container, WorkspacePath path, Action? requested, CancellationToken cancellationToken)
    {
        try
        {
            var (beginning, stat) = await _contents.ReadAsync(
                caller, container, path, 0, TextEncodings.Evidence, cancellationToken, requested);
            return OverwrittenText.Of(beginning, stat.Size);
        }
        catch (RequestException e) when (e.Code is ErrorCode.FileNotFound or ErrorCode.InvalidArgument or ErrorCode.PathDenied)
        {
            return null;
        }
    }

    /// <returns>Null if there is no file yet.</returns>
    private async Task<byte[]?> AppendedAsync(
        Caller caller, WriteFileRequest request, WorkspacePath path, CancellationToken cancellationToken)
    {
        try
        {
            return await FileAppend.ToBytesAsync(
                RangesOf(caller, request.Container, path), request.Content, request.Encoding, cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.FileNotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Without an etag it is applied to whatever is there: edits of one file wait for each other, and one that finds the file changed by
    /// another caller begins anew with the new content.
    /// </summary>
    public async Task<EditedFile> EditAsync(Caller caller, EditFileRequest request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        var edits = FileEdits.ToProtocol(request.Edits);
        var ifMatch = FileEntries.ParseEtag(request.IfMatch);
        using var turn = await _editing.LockAsync(
            $"{await files.KeyOfAsync(caller, request.Container, cancellationToken)} {path}", cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryEditAsync(caller, request, path, edits, ifMatch, cancellationToken);
            }
            catch (RequestException e) when (e.Code == ErrorCode.Conflict && ifMatch is null && attempt < MaxEditAttempts)
            {
                // A process in the workspace wrote between the read and the write.
            }
        }
    }

    private async Task<EditedFile> TryEditAsync(
        Caller caller, EditFileRequest request, WorkspacePath path, List<TextEdit> edits, ulong? ifMatch,
        CancellationToken cancellationToken)
    {
        var (before, stat) = await _contents.ReadAsync(caller, request.Container, path, 0, MaxTextBytes + 1, cancellationToken);
        if (before.Length > MaxTextBytes)
        {
            throw new RequestException(
                ErrorCode.ResourceExhausted, $"{path} is larger than {MaxTextBytes >> 20} MiB, which is the most that can be edited.",
                "Use exec with sed, or fs_write for the parts.");
        }
        if (ifMatch is not null && ifMatch != stat.Etag)
            throw FileEntries.Changed(path, FileEntries.EtagOf(stat.Etag), request.IfMatch!);
        var outcome = TextEdits.Apply(before, edits, MaxTextBytes);
        if (outcome.FailedEdit >= 0)
            throw FileEdits.ErrorOf(path, edits, outcome);
        var diff = UnifiedDiff.Of(path.ToString(), TextForms.ToUtf8(before, outcome.Form), outcome.Text, isDone: !request.DryRun);
        if (request.DryRun)
            return new EditedFile(FileEntries.Of(stat), diff, outcome.Replacements, DryRun: true);
        var write = new WriteRequest(
            path.Relative, WriteRequest.KeepMode, CreateParents: false, Append: false, stat.Etag, IfNoneMatch: false);
        var entry = await _contents.WriteAsync(caller, request.Container, "edit", write, outcome.Content,
            () => Task.FromResult(outcome.Content.Length < before.Length), cancellationToken);
        return new EditedFile(FileEntries.Of(entry), diff, outcome.Replacements, DryRun: false);
    }

    /// <returns>The absolute path.</returns>
    public async Task<string> DeleteAsync(
        Caller caller, string container, string path, bool recursive, string? ifMatch, CancellationToken cancellationToken)
    {
        var parsed = WorkspacePath.Parse(path);
        var delete = new DeleteRequest(parsed.Relative, recursive, FileEntries.ParseEtag(ifMatch));
        try
        {
            await WithEtagAsync(
                caller, container, path, ifMatch,
                () => files.RequestAsync(
                    caller, container, "delete", Opcode.Delete, delete.Write, static (ref MessageReader _) => true, repeatable: false,
                    cancellationToken), cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.Conflict && ifMatch is not null)
        {
            // To the agent, a file that is gone has another etag; its name may be wrong.
            await StatAsync(caller, container, path, cancellationToken);
            throw;
        }
        return parsed.ToString();
    }

    public async Task<FileEntry> StatAsync(Caller caller, string container, string path, CancellationToken cancellationToken) =>
        FileEntries.Of(await files.RequestAsync(
            caller, container, "stat", Opcode.Stat, new StatRequest(WorkspacePath.Parse(path).Relative).Write, FileStat.Read,
            repeatable: true, cancellationToken));

    /// <param name="contentBytes">Bytes that the contents of files in the answer may have together.</param>
    public async Task<IReadOnlyList<BatchOutcome>> BatchAsync(
        Caller caller, string container, IReadOnlyList<BatchOperation> operations, int contentBytes, CancellationToken cancellationToken)
    {
        var (batch, contents) = FileBatches.ToProtocol(operations);
        var notes = await NotesAsync(caller, container, operations, contents, cancellationToken);
        var answer = await files.StreamAsync(
            caller, container, "batch", Opcode.Batch, batch.Write, async call =>
        {
            foreach (var content in contents)
                await call.SendAsync(content, cancellationToken);
            await call.SendEndAsync();
            return await call.AnswerAsync(BatchResponse.Read, cancellationToken);
        }, cancellationToken, FileBatches.EffectOf(operations), () => BatchRoom.IsNotNeededAsync(
            batch, path => SizeAsync(caller, container, path, cancellationToken)));
        var etag = answer.Status == AgentStatus.Conflict && FileBatches.FailedOf(operations, answer) is { } failed
            ? await OtherEtagAsync(caller, container, failed.Path, failed.IfMatch, cancellationToken)
            : null;
        var outcomes = await FileBatches.OutcomesAsync(operations, answer, cancellationToken, contentBytes, etag);
        return notes.Count == 0 ? outcomes : [.. outcomes.Select((outcome, i) => outcome with { Note = notes.GetValueOrDefault(i) })];
    }

    /// <summary>What the writes of a batch change beside the text, by the number of the operation. A file that an earlier operation of the
    /// batch has touched is left out: it is not what is there now.</summary>
    private async Task<Dictionary<int, string>> NotesAsync(
        Caller caller, string container, IReadOnlyList<BatchOperation> operations, List<byte[]> contents,
        CancellationToken cancellationToken)
    {
        var notes = new Dictionary<int, string>();
        var next = 0;
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = operations[i];
            if (operation.Op != "write")
                continue;
            var content = contents[next++];
            if (operation.IfNoneMatch is not null || content.Length == 0 || !ContentBytes.IsText(operation.Encoding)
                || operations.Take(i).Any(earlier => Touches(earlier, operation.Path)))
                continue;
            var path = WorkspacePath.Parse(operation.Path);
            var before = await OverwrittenAsync(caller, container, path, requested: null, cancellationToken);
            if (before?.Note(operation.Encoding, content) is { } note)
                notes[i] = note;
        }
        return notes;
    }

    private static bool Touches(BatchOperation operation, string path) =>
        operation.Op != "read" && (operation.Path == path || operation.Target is not null);

    /// <summary>A change on a condition: where the file has another etag, the error names it.</summary>
    public async Task<T> WithEtagAsync<T>(
        Caller caller, string container, string path, string? ifMatch, Func<Task<T>> change, CancellationToken cancellationToken)
    {
        try
        {
            return await change();
        }
        catch (RequestException e) when (e.Code == ErrorCode.Conflict && ifMatch is not null)
        {
            if (await OtherEtagAsync(caller, container, path, ifMatch, cancellationToken) is { } etag)
                throw FileEntries.Changed(WorkspacePath.Parse(path), etag, ifMatch, e);
            throw;
        }
    }

    /// <summary>The etag of a file, if it is not the one that was given; null where there is no file.</summary>
    private async Task<string?> OtherEtagAsync(
        Caller caller, string container, string path, string? ifMatch, CancellationToken cancellationToken)
    {
        try
        {
            return ifMatch is not null && (await StatAsync(caller, container, path, cancellationToken)).Etag is var etag
                && FileEntries.ParseEtag(etag) != FileEntries.ParseEtag(ifMatch) ? etag : null;
        }
        catch (RequestException)
        {
            // It is not there, or cannot be looked at: the error is without its etag.
            return null;
        }
    }

    /// <returns>0 if there is no file.</returns>
    private async Task<long> SizeAsync(Caller caller, string container, WorkspacePath path, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await StatAsync(caller, container, path.ToString(), cancellationToken);
            return entry.Type == "file" ? entry.Size : 0;
        }
        catch (RequestException e) when (e.Code == ErrorCode.FileNotFound)
        {
            return 0;
        }
    }
}
