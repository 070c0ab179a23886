using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
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
/// <param name="Hint">How to see them.</param>
internal sealed record FsBatchResult(IReadOnlyList<BatchResult> Results, int? Omitted = null, string? Hint = null)
{
    /// <summary>A quarter above the budget: what contents take as JSON is not known before.</summary>
    private const int MaxBytes = AnswerBudget.Bytes / 4 * 5;

    // What an operation takes besides its paths, and what contents have however many operations there are.
    private const int LineBytes = 150, MinContentBytes = 4 << 10;

    /// <summary>Bytes that the contents may have together: what the lines of all operations leave.</summary>
    public static int ContentBytes(IEnumerable<BatchArguments> operations) => Math.Max(
        MinContentBytes, AnswerBudget.Bytes - operations.Sum(one => LineBytes + one.Path.Length + (one.Target?.Length ?? 0)));

    /// <summary>The first results, as many as fit into the answer.</summary>
    public static FsBatchResult Of(IReadOnlyList<BatchResult> results)
    {
        var shown = AnswerBudget.Take(results, one => one.Render(), JsonBytes, MaxBytes);
        if (shown.Count == results.Count)
            return new(shown);
        var left = results.Skip(shown.Count).ToList();
        string[] ways =
        [
            .. left.Exists(one => one.Op == "read") ? new[] { ToolNames.Whole("fs_read has the content of a file") } : [],
            .. left.Exists(one => one.Op != "read") ? new[] { ToolNames.Whole("fs_stat has an etag") } : [],
        ];
        var hint = string.Join(", ", ways.Where(way => way.Length > 0));
        return new(shown, left.Count, hint.Length == 0 ? null : hint);
    }

    private static int JsonBytes(BatchResult result) =>
        AnswerBudget.JsonBytes(JsonSerializer.SerializeToUtf8Bytes(result, McpJson.Default.BatchResult));

    public string Render()
    {
        var lines = string.Join('\n', Results.Select(one => one.Render()));
        var way = Hint is null ? "" : $": {Hint}";
        return Omitted is { } omitted ? $"{lines}\n[{Plural.Of(omitted, "more operation")} done and not listed{way}]" : lines;
    }
}

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
        var outcomes = await files.BatchAsync(
            call.Caller, arguments.ContainerId, [.. arguments.Operations.Select(Operation)],
            FsBatchResult.ContentBytes(arguments.Operations), cancellationToken);
        return FsBatchResult.Of([.. outcomes.Select(BatchResult.Of)]);
    }

    protected override string Render(FsBatchResult result) => result.Render();

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
