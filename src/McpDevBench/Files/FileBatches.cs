using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Files;

/// <summary>Batches between the tools' operations and the protocol's steps.</summary>
internal static class FileBatches
{
    private const int MaxOperations = 500, MaxErrorLength = 2000;

    public static (BatchRequest Batch, List<byte[]> Contents) ToProtocol(IReadOnlyList<BatchOperation> operations)
    {
        if (operations.Count is 0 or > MaxOperations)
            throw new RequestException(ErrorCode.InvalidArgument, $"A batch of {operations.Count} operations is not possible.",
                $"Give 1 to {MaxOperations} operations.");
        var contents = new List<byte[]>();
        var steps = new List<BatchStep>();
        for (var i = 0; i < operations.Count; i++)
        {
            try
            {
                var (step, content) = StepOf(operations[i]);
                steps.Add(step);
                if (content is not null)
                    contents.Add(content);
            }
            catch (RequestException e)
            {
                throw At(i, operations[i], e);
            }
        }
        return (new BatchRequest(steps), contents);
    }

    public static FileEffect EffectOf(IReadOnlyList<BatchOperation> operations)
    {
        if (operations.All(operation => operation.Op == "read"))
            return FileEffect.None;
        return operations.All(operation => operation.Op is "read" or "delete" or "move") ? FileEffect.Changes : FileEffect.Adds;
    }

    /// <summary>The operation that failed, for which none was done; null if none failed.</summary>
    public static BatchOperation? FailedOf(IReadOnlyList<BatchOperation> operations, BatchResponse answer) =>
        answer.FailedStep < 0 ? null : operations[Math.Min(answer.FailedStep, operations.Count - 1)];

    /// <param name="contentBytes">Bytes that the contents of files may have together.</param>
    /// <param name="etag">The etag of the file of the operation that failed, where that is known.</param>
    public static async Task<IReadOnlyList<BatchOutcome>> OutcomesAsync(
        IReadOnlyList<BatchOperation> operations, BatchResponse answer, CancellationToken cancellationToken,
        int contentBytes = FileReading.DefaultBytes, string? etag = null)
    {
        if (FailedOf(operations, answer) is { } failed)
        {
            var error = ErrorOf(failed, answer);
            throw At(
                Math.Min(answer.FailedStep, operations.Count - 1), failed,
                etag is null ? error : FileEntries.Changed(WorkspacePath.Parse(failed.Path), etag, failed.IfMatch!, error));
        }
        var left = contentBytes;
        var outcomes = new List<BatchOutcome>();
        foreach (var (operation, result) in operations.Zip(answer.Results))
        {
            var path = WorkspacePath.Parse(operation.Path).ToString();
            var entry = result.Entry is { } stat ? FileEntries.Of(stat) : null;
            var text = operation.Op == "read" && entry is not null
                ? await BatchText.OfAsync(result.Content, entry, left, cancellationToken)
                : null;
            left -= text?.Cost ?? 0;
            outcomes.Add(new BatchOutcome(
                operation.Op, path, operation.Target is null ? null : WorkspacePath.Parse(operation.Target).ToString(), entry, text,
                operation.Op == "edit" ? result.Replacements : null)
            {
                Entries = result.Entries,
                Bytes = (long)result.Bytes,
            });
        }
        return outcomes;
    }

    /// <summary>An edit's error quotes the file, so it goes out as it is.</summary>
    private static RequestException ErrorOf(BatchOperation operation, BatchResponse answer)
    {
        var error = AgentErrors.Of(answer.Status, answer.Error);
        return operation.Op == "edit" && answer.Status == AgentStatus.Invalid
            ? new RequestException(error.Code, answer.Error[..Math.Min(answer.Error.Length, MaxErrorLength)],
                EditFailure.HintOf(answer.Error))
            : error;
    }

    private static (BatchStep Step, byte[]? Content) StepOf(BatchOperation operation)
    {
        var verb = operation.Op switch
        {
            "read" => BatchVerb.Read,
            "write" => BatchVerb.Write,
            "edit" => BatchVerb.Edit,
            "delete" => BatchVerb.Delete,
            "move" => BatchVerb.Move,
            "copy" => BatchVerb.Copy,
            "mkdir" => BatchVerb.MakeDirectory,
            _ => throw new RequestException(ErrorCode.InvalidArgument, $"op='{operation.Op}' is not possible.",
                "op is one of read, write, edit, delete, move, copy, mkdir."),
        };
        BatchMembers.Check(operation);
        var content = verb == BatchVerb.Write ? ContentBytes.Of(operation.Content!, operation.Encoding) : null;
        return (new BatchStep(
            verb, WorkspacePath.Parse(operation.Path).Relative,
            operation.Target is null ? [] : WorkspacePath.Parse(operation.Target).Relative, (ulong)(content?.Length ?? 0),
            FileEntries.ParseMode(operation.Mode), operation.CreateParents, operation.Recursive || verb == BatchVerb.Copy,
            operation.Overwrite == true, FileEntries.ParseEtag(operation.IfMatch), FileEntries.ParseIfNoneMatch(operation.IfNoneMatch),
            verb == BatchVerb.Edit ? FileEdits.ToProtocol(operation.Edits) : []), content);
    }

    private static RequestException At(int step, BatchOperation operation, RequestException e) => new(
        e.Code, $"operations[{step}] ({operation.Op} {operation.Path}): {e.Message} Nothing was changed.", e.Hint, e.Retryable, e)
    {
        Details = new Dictionary<string, string> { ["operation"] = step.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    };
}
