using System.ComponentModel;
using McpDevBench.Execs;
using McpDevBench.Workspaces;

namespace McpDevBench.Mcp;

internal sealed record ListExecsArguments(
    [Description("Workspace id or alias; default: all your workspaces.")] string? ContainerId = null,
    bool IncludeFinished = false,
    string? Cursor = null);

/// <param name="Command">On one line, cut with a mark where it is long.</param>
internal sealed record ListedExec(
    string ExecId, string ContainerId, string Command, string Status, string StartedAt, string? EndedAt = null, string? Outcome = null,
    int? ExitCode = null);

/// <param name="Hint">Why there is nothing, or why something does not go on.</param>
internal sealed record ListExecsResult(IReadOnlyList<ListedExec> Execs, string? NextCursor = null, string? Hint = null);

internal sealed class ListExecsTool(ExecLookup execs, WorkspaceList workspaces)
    : TypedTool<ListExecsArguments, ListExecsResult>(Facts, McpJson.Default.ListExecsArguments, McpJson.Default.ListExecsResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_execs", "List commands",
        "Lists running commands, and those that left processes in the background.");

    protected override async Task<ListExecsResult> CallAsync(
        ListExecsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = execs.List(call.Caller, arguments.ContainerId, arguments.IncludeFinished, arguments.Cursor);
        var listed = page.Execs.Select(exec => new ListedExec(
            exec.Id.ToString(), exec.ContainerId.ToString(), CommandText.Of(exec), ExecWords.Status(exec),
            Words.Time(exec.StartedAt), Words.Time(exec.EndedAt), ExecWords.Outcome(exec), exec.ExitCode));
        return new ListExecsResult([.. listed], page.NextCursor, await HintAsync(page, arguments, cancellationToken));
    }

    private async Task<string?> HintAsync(ExecPage page, ListExecsArguments arguments, CancellationToken cancellationToken)
    {
        if (page.Execs.Count == 0)
            return arguments.Cursor is null ? None(arguments.IncludeFinished) : "There are no commands after this cursor.";
        var going = page.Execs.Where(exec => !exec.Complete).Select(exec => exec.ContainerId).Distinct().ToList();
        var paused = going.Count == 0 ? [] : going.Intersect(await workspaces.PausedAsync(cancellationToken)).ToList();
        return paused.Count == 0 ? null : $"Paused, with the commands in it: {string.Join(", ", paused)}. {ExecWords.Unpause}";
    }

    protected override string Render(ListExecsResult result)
    {
        var lines = string.Join('\n', result.Execs.Select(Line)) + Words.More(result.NextCursor);
        return result.Hint is null || lines.Length == 0 ? result.Hint ?? lines : $"{lines}\n{result.Hint}";
    }

    internal static string None(bool includesFinished) =>
        includesFinished ? "No commands." : "No running commands. include_finished=true lists those that have ended.";

    private static string Line(ListedExec exec)
    {
        var left = exec.Status == "background" ? ", processes in the background" : "";
        var end = ExecWords.End(exec.Status, exec.Outcome, exec.ExitCode, signal: null) + left;
        var ended = exec.EndedAt is null ? "" : $", ended {exec.EndedAt}";
        return $"{exec.ExecId} in {exec.ContainerId}: {end}, started {exec.StartedAt}{ended}: {exec.Command}";
    }
}
