namespace McpDevBench.AgentProtocol;

public enum BatchVerb : byte
{
    Read = 1,
    Write = 2,
    Edit = 3,
    Delete = 4,
    Move = 5,
    Copy = 6,
    MakeDirectory = 7,
}

/// <summary>One step of a batch. Fields that a verb does not use are at their defaults.</summary>
/// <param name="Target">Move and Copy: the destination; it must not exist unless <paramref name="Overwrite"/>.</param>
/// <param name="ContentLength">Write: bytes of the batch's content that belong to this step.</param>
/// <param name="Recursive">Delete, and Copy of a directory.</param>
public sealed record BatchStep(
    BatchVerb Verb, byte[] Path, byte[] Target, ulong ContentLength, uint Mode, bool CreateParents, bool Recursive, bool Overwrite,
    ulong? IfMatch, bool IfNoneMatch, IReadOnlyList<TextEdit> Edits)
{
    public void Write(MessageWriter to)
    {
        to.Byte((byte)Verb).Bytes(Path).Bytes(Target).UInt64(ContentLength).UInt32(Mode)
            .Bool(CreateParents).Bool(Recursive).Bool(Overwrite).Optional(IfMatch).Bool(IfNoneMatch).UInt32((uint)Edits.Count);
        foreach (var edit in Edits)
            to.Bytes(edit.OldText).Bytes(edit.NewText).Bool(edit.ReplaceAll);
    }

    public static BatchStep Read(ref MessageReader from)
    {
        var step = new BatchStep(
            (BatchVerb)from.Byte(), from.Bytes().ToArray(), from.Bytes().ToArray(), from.UInt64(), from.UInt32(),
            from.Bool(), from.Bool(), from.Bool(), from.OptionalUInt64(), from.Bool(), []);
        var edits = new TextEdit[from.Count(minimumSize: 9)];
        for (var i = 0; i < edits.Length; i++)
            edits[i] = new TextEdit(from.Bytes().ToArray(), from.Bytes().ToArray(), from.Bool());
        return step with { Edits = edits };
    }
}

/// <summary>
/// All or nothing: every precondition is checked first; a failing step undoes the ones before it, created directories included.
/// </summary>
public sealed record BatchRequest(IReadOnlyList<BatchStep> Steps)
{
    public void Write(MessageWriter to)
    {
        to.UInt32((uint)Steps.Count);
        foreach (var step in Steps)
            step.Write(to);
    }

    public static BatchRequest Read(ref MessageReader from)
    {
        var steps = new BatchStep[from.Count(minimumSize: 30)];
        for (var i = 0; i < steps.Length; i++)
            steps[i] = BatchStep.Read(ref from);
        return new BatchRequest(steps);
    }
}

/// <summary>What a step left behind: the entry at its path or target (absent after a delete), and a read's content.</summary>
public sealed record BatchStepResult(FileStat? Entry, byte[] Content, int Replacements)
{
    /// <summary>Copy: files, directories and links that were copied. Since version 3.</summary>
    public uint Entries { get; init; }

    /// <summary>Copy: bytes of the files. Since version 3.</summary>
    public ulong Bytes { get; init; }

    public void Write(MessageWriter to)
    {
        to.Bool(Entry is not null);
        Entry?.Write(to);
        to.Bytes(Content).Int32(Replacements);
        if (to.Version >= 3)
            to.UInt32(Entries).UInt64(Bytes);
    }

    public static BatchStepResult Read(ref MessageReader from)
    {
        var result = new BatchStepResult(from.Bool() ? FileStat.Read(ref from) : null, from.Bytes().ToArray(), from.Int32());
        return from.Version < 3 ? result : result with { Entries = from.UInt32(), Bytes = from.UInt64() };
    }
}

/// <summary>Either every step's result, or the step that failed, after everything was undone.</summary>
/// <param name="FailedStep">-1, or the index of the step that failed.</param>
public sealed record BatchResponse(int FailedStep, AgentStatus Status, string Error, IReadOnlyList<BatchStepResult> Results)
{
    public void Write(MessageWriter to)
    {
        to.Int32(FailedStep).Byte((byte)Status).String(Error).UInt32((uint)Results.Count);
        foreach (var result in Results)
            result.Write(to);
    }

    public static BatchResponse Read(ref MessageReader from)
    {
        var failed = from.Int32();
        var status = (AgentStatus)from.Byte();
        var error = from.String();
        var results = new BatchStepResult[from.Count(minimumSize: 9)];
        for (var i = 0; i < results.Length; i++)
            results[i] = BatchStepResult.Read(ref from);
        return new BatchResponse(failed, status, error, results);
    }
}
