using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record EditArguments(
    [Large] string OldText,
    [Large] string NewText,
    bool ReplaceAll = false)
{
    private const string Shape = "edits: [{\"old_text\": \"…\", \"new_text\": \"…\"}]";

    /// <summary>The edits of a call: the list, or the one that stands beside it.</summary>
    /// <param name="at">Before the names of arguments in errors.</param>
    /// <exception cref="RequestException">invalid_argument: none, half of one, or both.</exception>
    public static FileEdit[] Of(EditArguments[]? edits, string? oldText, string? newText, bool replaceAll, string at = "")
    {
        // Clients that send every argument send empty ones too.
        var hasOne = !string.IsNullOrEmpty(oldText) || (newText is not null && edits is not { Length: > 0 }) || replaceAll;
        if (hasOne && edits is { Length: > 0 })
        {
            throw Wrong($"{at}edits and {at}{(replaceAll ? "replace_all" : "old_text")} are both given.",
                $"Give the one edit as old_text, new_text and replace_all, or all of them as {Shape}, each with its own replace_all.");
        }
        if (!hasOne)
            return [.. (edits ?? []).Select(edit => new FileEdit(edit.OldText, edit.NewText, edit.ReplaceAll))];
        if (oldText is null || newText is null)
            throw Wrong($"{at}{(oldText is null ? "old_text" : "new_text")} is missing.", $"Give both texts of the edit, or {Shape}.");
        return [new FileEdit(oldText, newText, replaceAll)];
    }

    private static RequestException Wrong(string message, string hint) => new(ErrorCode.InvalidArgument, message, hint);
}

internal sealed record FsEditArguments(
    string ContainerId,
    string Path,
    [Description("Applied in order. old_text is exact and occurs once, or set replace_all.")] EditArguments[]? Edits = null,
    [Description("Edit only if the file has this etag.")] string? IfMatch = null,
    [Description("Return the diff without writing.")] bool DryRun = false,
    [Description("Of a single edit, instead of edits.")][Large] string? OldText = null,
    [Large] string? NewText = null,
    bool ReplaceAll = false);

internal sealed record FsEditResult(string Path, string Etag, string Diff, int Replacements, bool DryRun, long? Links = null);

internal sealed class FsEditTool(FileService files)
    : TypedTool<FsEditArguments, FsEditResult>(Facts, McpJson.Default.FsEditArguments, McpJson.Default.FsEditResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_edit", "Edit a file",
        "Replaces exact pieces of a text file, all or none, and returns the diff. Read the file first.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsEdit);

    protected override string? TargetOf(FsEditArguments arguments) => Words.Rehearsal(arguments.DryRun, arguments.Path);

    protected override async Task<FsEditResult> CallAsync(FsEditArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var edits = EditArguments.Of(arguments.Edits, arguments.OldText, arguments.NewText, arguments.ReplaceAll);
        var edited = await files.EditAsync(
            call.Caller, new(arguments.ContainerId, arguments.Path, edits, arguments.IfMatch, arguments.DryRun), cancellationToken);
        return new(edited.Entry.Path, edited.Entry.Etag, edited.Diff, edited.Replacements, edited.DryRun, FileWords.Links(edited.Entry));
    }

    protected override string Render(FsEditResult result) =>
        $"{(result.DryRun ? "Would make" : "Made")} {Plural.Of(result.Replacements, "replacement")} in {ShownPath.Of(result.Path)}, "
        + $"etag {result.Etag}.{FileWords.OfLinks(result.Links)}\n{result.Diff}";
}
