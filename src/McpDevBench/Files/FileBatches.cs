using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Files;

/// <summary>Batches between the tools' operations and the protocol's steps.</summary>
internal static class FileBatches
{
    private const int MostOperations = 500, MaxErrorLength = 2000;

    public static (BatchRequest Batch, List<byte[]> Contents) ToProtocol(IReadOnlyList<BatchOperation> operations)
    {
        if (operations.Count is 0 or > MostOperations)
            throw new RefusalException(RefusalCode.InvalidArgument, $"A batch of {operations.Count} operations is not possible.",
                $"Give 1 to {MostOperations} operations.");
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
            catch (RefusalException e)
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

    public static List<BatchOutcome> Outcomes(IReadOnlyList<BatchOperation> operations, BatchResponse answer)
    {
        if (answer.FailedStep >= 0)
        {
            var failed = Math.Min(answer.FailedStep, operations.Count - 1);
            throw At(failed, operations[failed], Refusal(operations[failed], answer));
        }
        var left = FileReading.DefaultBytes;
        return [.. operations.Zip(answer.Results, (operation, result) =>
        {
            var entry = result.Entry is { } stat ? FileEntries.Of(stat) : null;
            var text = operation.Op == "read" ? BatchText.Of(result.Content, entry?.Size ?? 0, left) : null;
            left -= text?.Cost ?? 0;
            return new BatchOutcome(
                operation.Op, WorkspacePath.Parse(operation.Path).ToString(),
                operation.Target is null ? null : WorkspacePath.Parse(operation.Target).ToString(),
                entry, text, operation.Op == "edit" ? result.Replacements : null);
        })];
    }

    /// <summary>An edit's error quotes the file, so it goes out as it is.</summary>
    private static RefusalException Refusal(BatchOperation operation, BatchResponse answer)
    {
        var refusal = AgentRefusals.Of(answer.Status, answer.Error);
        return operation.Op == "edit" && answer.Status == AgentStatus.Invalid
            ? new RefusalException(refusal.Code, answer.Error[..Math.Min(answer.Error.Length, MaxErrorLength)], EditFailure.Hint)
            : refusal;
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
            _ => throw new RefusalException(RefusalCode.InvalidArgument, $"op='{operation.Op}' is not possible.",
                "op is one of read, write, edit, delete, move, copy, mkdir."),
        };
        if (verb is BatchVerb.Move or BatchVerb.Copy != (operation.Target is not null))
            throw new RefusalException(
                RefusalCode.InvalidArgument, operation.Target is null ? $"{operation.Op} needs a target."
                    : $"{operation.Op} takes no target.",
                "target is the destination of move and copy, and of nothing else.");
        if ((verb == BatchVerb.Write) != (operation.Content is not null))
            throw new RefusalException(
                RefusalCode.InvalidArgument, operation.Content is null ? "write needs content." : $"{operation.Op} takes no content.",
                "content is what write writes; edit takes edits.");
        var content = verb == BatchVerb.Write ? BytesOf(operation.Content!, operation.Encoding) : null;
        return (new BatchStep(
            verb, WorkspacePath.Parse(operation.Path).Relative,
            operation.Target is null ? [] : WorkspacePath.Parse(operation.Target).Relative, (ulong)(content?.Length ?? 0),
            FileEntries.ParseMode(operation.Mode), operation.CreateParents, operation.Recursive || verb == BatchVerb.Copy,
            operation.Overwrite, FileEntries.ParseEtag(operation.IfMatch), FileEntries.ParseIfNoneMatch(operation.IfNoneMatch),
            verb == BatchVerb.Edit ? FileEdits.ToProtocol(operation.Edits) : []), content);
    }

    private static byte[] BytesOf(string content, string encoding)
    {
        if (encoding != "base64")
            return Encoding.UTF8.GetBytes(content);
        try
        {
            return Convert.FromBase64String(content);
        }
        catch (FormatException e)
        {
            throw new RefusalException(RefusalCode.InvalidArgument, "content is not valid base64.",
                "Encode the bytes as base64, or leave encoding out for text.", inner: e);
        }
    }

    private static RefusalException At(int step, BatchOperation operation, RefusalException e) => new(
        e.Code, $"operations[{step}] ({operation.Op} {operation.Path}): {e.Message} Nothing was changed.", e.Hint, e.Retryable, e)
    {
        Details = new Dictionary<string, string> { ["operation"] = step.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    };
}
