namespace McpDevBench.Files;

/// <summary>One entry, as tools show it.</summary>
/// <param name="Path">Absolute, below /workspace; bytes that are not UTF-8 as <c>\xNN</c>.</param>
/// <param name="Type"><c>file</c>, <c>directory</c>, <c>link</c>, <c>fifo</c>, <c>socket</c>, <c>character_device</c>,
/// <c>block_device</c>.</param>
/// <param name="Mode">Permission bits in octal, such as <c>0644</c>.</param>
internal sealed record FileEntry(
    string Path, string Type, long Size, string Mode, int Uid, int Gid, DateTimeOffset Mtime, string Etag, string? MimeType,
    string? LinkTarget)
{
    /// <summary>Hard links; 0 where the workspace's agent is too old to report them.</summary>
    public long Links { get; init; }
}

internal sealed record ReadFileRequest
{
    public required string Container { get; init; }
    public required string Path { get; init; }
    public long? Offset { get; init; }
    public long? Length { get; init; }

    /// <summary>First line wanted, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>Lines wanted.</summary>
    public int? Limit { get; init; }

    public int? TailLines { get; init; }

    /// <summary>Bytes of content in the answer; null for <see cref="FileReading.DefaultBytes"/>.</summary>
    public int? MaxBytes { get; init; }

    /// <summary>One of <see cref="TextEncodings"/>, or null to detect it.</summary>
    public string? Encoding { get; init; }
}

internal sealed record WriteFileRequest
{
    public required string Container { get; init; }
    public required string Path { get; init; }

    /// <summary>Text, or base64.</summary>
    public string Content { get; init; } = "";

    /// <summary>One of <see cref="TextEncodings"/>.</summary>
    public string Encoding { get; init; } = TextEncodings.Utf8Name;

    /// <summary>Octal digits, such as <c>755</c>.</summary>
    public string? Mode { get; init; }

    public bool CreateParents { get; init; } = true;
    public bool Append { get; init; }
    public string? IfMatch { get; init; }

    /// <summary>Only <c>*</c>: nothing may exist there.</summary>
    public string? IfNoneMatch { get; init; }
}

/// <param name="Note">What the write changed beside the text; null for nothing.</param>
internal sealed record WrittenFile(FileEntry Entry, string? Note);

internal sealed record EditFileRequest(string Container, string Path, IReadOnlyList<FileEdit> Edits, string? IfMatch, bool DryRun);

internal sealed record FileEdit(string OldText, string NewText, bool ReplaceAll);

internal sealed record EditedFile(FileEntry Entry, string Diff, int Replacements, bool DryRun);

/// <summary>One step of a batch; which members count depends on the operation.</summary>
internal sealed record BatchOperation
{
    /// <summary><c>read</c>, <c>write</c>, <c>edit</c>, <c>delete</c>, <c>move</c>, <c>copy</c> or <c>mkdir</c>.</summary>
    public required string Op { get; init; }

    public required string Path { get; init; }
    public string? Target { get; init; }
    public string? Content { get; init; }
    public string Encoding { get; init; } = "utf8";
    public string? Mode { get; init; }
    public bool CreateParents { get; init; } = true;
    public bool Recursive { get; init; }
    public bool? Overwrite { get; init; }
    public string? IfMatch { get; init; }
    public string? IfNoneMatch { get; init; }
    public IReadOnlyList<FileEdit> Edits { get; init; } = [];
}

internal sealed record BatchOutcome(
    string Op, string Path, string? Target, FileEntry? Entry, BatchText? Text, int? Replacements)
{
    /// <summary>Files, directories and links that were copied; 0 for anything else, and where the workspace's agent is too old to count
    /// them.</summary>
    public long Entries { get; init; }

    /// <summary>Of the files that were copied.</summary>
    public long Bytes { get; init; }

    /// <summary>As in <see cref="WrittenFile"/>.</summary>
    public string? Note { get; init; }
}
