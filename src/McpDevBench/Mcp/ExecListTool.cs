using System.ComponentModel;
using McpDevBench.Execs;

namespace McpDevBench.Mcp;

internal sealed record ListExecsArguments(
    [Description("Workspace id or alias; default: all your workspaces.")] string? ContainerId = null,
    bool IncludeFinished = false,
    string? Cursor = null);

/// <param name="Command">On one line, cut with a mark where it is long.</param>
internal sealed record ListedExec(
    string ExecId, string ContainerId, string Command, string Status, string StartedAt, string? EndedAt = null, string? Outcome = null,
    int? ExitCode = null);

/// <param name="Hint">Why there is nothing.</param>
internal sealed record ListExecsResult(IReadOnlyList<ListedExec> Execs, string? NextCursor = null, string? Hint = null);

internal sealed class ListExecsTool(ExecService execs)
    : TypedTool<ListExecsArguments, ListExecsResult>(Facts, McpJson.Default.ListExecsArguments, McpJson.Default.ListExecsResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_execs", "List commands",
        "Lists running commands, and those that left processes in the background.");

    protected override Task<ListExecsResult> CallAsync(ListExecsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = execs.List(call.Caller, arguments.ContainerId, arguments.IncludeFinished, arguments.Cursor);
        var listed = page.Execs.Select(exec => new ListedExec(
            exec.Id.ToString(), exec.ContainerId.ToString(), CommandText.Of(exec.Command), ExecWords.Status(exec),
            Words.Time(exec.StartedAt), Words.Time(exec.EndedAt), ExecWords.Outcome(exec), exec.ExitCode));
        var none = arguments.Cursor is null ? None(arguments.IncludeFinished) : "There are no commands after this cursor.";
        var hint = page.Execs.Count == 0 ? none : null;
        return Task.FromResult(new ListExecsResult([.. listed], page.NextCursor, hint));
    }

    protected override string Render(ListExecsResult result) =>
        result.Hint ?? string.Join('\n', result.Execs.Select(Line)) + Words.More(result.NextCursor);

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
