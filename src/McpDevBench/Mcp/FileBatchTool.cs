using System.ComponentModel;
using System.Globalization;
using System.Text;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record BatchArguments(
    [OneOf("read", "write", "edit", "delete", "move", "copy", "mkdir")] string Op,
    string Path,
    [Description("Destination of move and copy.")] string? Target = null,
    [Large][Instead(FsWriteArguments.ContentHint)] string? Content = null,
    [OneOf(
        TextEncodings.Utf8Name, TextEncodings.Utf8WithMarkName, TextEncodings.Utf16LittleEndianName, TextEncodings.Utf16BigEndianName,
        TextEncodings.Latin1Name, TextEncodings.Windows1252Name, TextEncodings.Base64Name)]
    string Encoding = TextEncodings.Utf8Name,
    [Instead(FsWriteArguments.ModeHint)] string? Mode = null,
    bool CreateParents = true,
    bool Recursive = false,
    [Description("Replace files; merge directories.")] bool? Overwrite = null,
    string? IfMatch = null,
    [OneOf("*")] string? IfNoneMatch = null,
    EditArguments[]? Edits = null,
    [Large] string? OldText = null,
    [Large] string? NewText = null,
    bool ReplaceAll = false);

internal sealed record FsBatchArguments(string ContainerId, [Description("Done in order.")] BatchArguments[] Operations);

/// <param name="Size">Bytes of the file, or of all files that were copied.</param>
/// <param name="Entries">Of a directory that was copied: files, directories and links.</param>
internal sealed record BatchResult(
    string Op, string Path, string? Target = null, string? Etag = null, long? Size = null, string? Content = null, string? Encoding = null,
    int? Replacements = null, TruncatedResult? Truncated = null, long? Entries = null, long? Links = null, string? Note = null)
{
    public static BatchResult Of(BatchOutcome outcome)
    {
        var isTree = outcome is { Op: "copy", Entries: > 0, Entry.Type: "directory" };
        return new(outcome.Op, outcome.Path, outcome.Target)
        {
            Etag = outcome.Entry?.Etag,
            Size = isTree ? outcome.Bytes : SizeOf(outcome.Entry),
            Entries = isTree ? outcome.Entries : null,
            Links = outcome is { Op: "write" or "edit", Entry: { } entry } ? FileWords.Links(entry) : null,
            Content = outcome.Text?.Content,
            Encoding = outcome.Text?.Encoding,
            Replacements = outcome.Replacements,
            Note = outcome.Note,
            Truncated = outcome.Text is { LeftOut: > 0 } text ? new(text.LeftOut, HintOf(text)) : null,
        };
    }

    /// <summary>Of a file: the size of a directory is that of its table.</summary>
    private static long? SizeOf(FileEntry? entry) => entry?.Type == "file" ? entry.Size : null;

    private static string HintOf(BatchText text) => text switch
    {
        { ImageType: { } type } => $"An image ({type}): fs_read shows it",
        { Taken: 0 } => "Read it with fs_read",
        _ => Words.Invariant($"Read on with fs_read and offset={text.Taken}"),
    };

    /// <summary>Everything that the structured result has.</summary>
    public string Render()
    {
        var text = new StringBuilder($"{Op} {ShownPath.Of(Path)}");
        if (Target is not null)
            text.Append(CultureInfo.InvariantCulture, $" -> {ShownPath.Of(Target)}");
        if (Replacements is { } replacements)
            text.Append(CultureInfo.InvariantCulture, $", {Plural.Of(replacements, "replacement")}");
        if (Entries is { } entries)
            text.Append(CultureInfo.InvariantCulture, $", {Plural.Of(entries, "entry", "entries")}");
        if (Size is { } size)
            text.Append(CultureInfo.InvariantCulture, $", {Plural.Of(size, "byte")}");
        if (Etag is not null)
            text.Append(CultureInfo.InvariantCulture, $", etag {Etag}");
        text.Append(FileWords.OfLinks(Links));
        if (Note is not null)
            text.Append($". {Note}");
        if (Content is not null)
            text.Append(CultureInfo.InvariantCulture, $"{(Encoding == "utf8" ? "" : $", {Encoding}")}:\n{Content}");
        if (Truncated is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n[{Plural.Of(Truncated.Bytes, "byte")} left out: {Truncated.Hint}]");
        return text.ToString();
    }
}

/// <param name="Omitted">Operations that were done too and are not listed, for the size of the answer.</param>
internal sealed record FsBatchResult(IReadOnlyList<BatchResult> Results, int? Omitted = null);

internal sealed class FsBatchTool(FileService files)
    : TypedTool<FsBatchArguments, FsBatchResult>(Facts, McpJson.Default.FsBatchArguments, McpJson.Default.FsBatchResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_batch", "Change several files",
        "Does several file operations as one: all or nothing.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsBatch);

    protected override string? TargetOf(FsBatchArguments arguments) =>
        string.Join(", ", arguments.Operations.Select(one => $"{one.Op} {one.Path}{(one.Target is null ? "" : $" {one.Target}")}"));

    protected override async Task<FsBatchResult> CallAsync(FsBatchArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var outcomes = await files.BatchAsync(call.Owner, arguments.ContainerId,
            [.. arguments.Operations.Select(Operation)], cancellationToken);
        var results = outcomes.Select(BatchResult.Of).ToList();
        // Contents have been cut to a budget of their own.
        var shown = AnswerBudget.Take(results, one => (one with { Content = null }).Render());
        return new(shown, shown.Count < results.Count ? results.Count - shown.Count : null);
    }

    protected override string Render(FsBatchResult result) =>
        string.Join('\n', result.Results.Select(one => one.Render()))
            + (result.Omitted is { } omitted
                ? $"\n[{Plural.Of(omitted, "more operation")} done and not listed{ToolNames.Whole(": fs_stat has an etag")}]"
                : "");

    private static BatchOperation Operation(BatchArguments given, int index) => new()
    {
        Op = given.Op,
        Path = given.Path,
        Target = given.Target,
        Content = given.Content,
        Encoding = given.Encoding,
        Mode = given.Mode,
        CreateParents = given.CreateParents,
        Recursive = given.Recursive,
        Overwrite = given.Overwrite,
        IfMatch = given.IfMatch,
        IfNoneMatch = given.IfNoneMatch,
        Edits = EditArguments.Of(given.Edits, given.OldText, given.NewText, given.ReplaceAll, Words.Invariant($"operations[{index}].")),
    };
}
