using System.ComponentModel;
using System.Globalization;
using System.Text;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record BatchArguments(
    [OneOf("read", "write", "edit", "delete", "move", "copy", "mkdir")] string Op,
    string Path,
    [Description("Of move and copy.")] string? Target = null,
    [Large] string? Content = null,
    [OneOf("utf8", "base64")] string Encoding = "utf8",
    string? Mode = null,
    bool CreateParents = true,
    bool Recursive = false,
    [Description("Replace what is at target.")] bool Overwrite = false,
    string? IfMatch = null,
    [OneOf("*")] string? IfNoneMatch = null,
    EditArguments[]? Edits = null);

internal sealed record FsBatchArguments(string ContainerId, [Description("Done in order.")] BatchArguments[] Operations);

internal sealed record BatchResult(
    string Op, string Path, string? Target = null, string? Etag = null, long? Size = null, string? Content = null, string? Encoding = null,
        int? Replacements = null, TruncatedResult? Truncated = null)
{
    public static BatchResult Of(BatchOutcome outcome) => new(
        outcome.Op, outcome.Path, outcome.Target, outcome.Entry?.Etag, outcome.Entry?.Size, outcome.Text?.Content, outcome.Text?.Encoding,
        outcome.Replacements, outcome.Text is { LeftOut: > 0 } text ? new(text.LeftOut, HintOf(text)) : null);

    private static string HintOf(BatchText text) =>
        text.Taken == 0 ? "Read it with fs_read" : Words.Invariant($"Read on with fs_read and offset={text.Taken}");

    /// <summary>Everything that the structured result has.</summary>
    public string Render()
    {
        var text = new StringBuilder($"{Op} {Path}");
        if (Target is not null)
            text.Append(CultureInfo.InvariantCulture, $" -> {Target}");
        if (Replacements is not null)
            text.Append(CultureInfo.InvariantCulture, $", {Replacements} replacements");
        if (Size is not null)
            text.Append(CultureInfo.InvariantCulture, $", {Size} bytes");
        if (Etag is not null)
            text.Append(CultureInfo.InvariantCulture, $", etag {Etag}");
        if (Content is not null)
            text.Append(CultureInfo.InvariantCulture, $"{(Encoding == "utf8" ? "" : $", {Encoding}")}:\n{Content}");
        if (Truncated is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n[{Plural.Of(Truncated.Bytes, "byte")} left out: {Truncated.Hint}]");
        return text.ToString();
    }
}

internal sealed record FsBatchResult(IReadOnlyList<BatchResult> Results);

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
        return new([.. outcomes.Select(BatchResult.Of)]);
    }

    protected override string Render(FsBatchResult result) =>
        string.Join('\n', result.Results.Select(one => one.Render()));

    private static BatchOperation Operation(BatchArguments given) => new()
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
        Edits = [.. (given.Edits ?? []).Select(edit => new FileEdit(edit.OldText, edit.NewText, edit.ReplaceAll))],
    };
}
