using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Execs;

namespace McpDevBench.Mcp;

internal sealed record ExecSignalArguments(string ExecId, [OneOf("TERM", "INT", "KILL", "HUP", "QUIT", "USR1", "USR2")] string Signal);

internal sealed class ExecSignalTool(ExecControl execs)
    : TypedTool<ExecSignalArguments, ExecHandleResult>(Facts, McpJson.Default.ExecSignalArguments, McpJson.Default.ExecHandleResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_signal", "Signal a command",
        "Sends a signal to a command and every process it started. To end a command use exec_cancel.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.ExecSignal);

    protected override string? TargetOf(ExecSignalArguments arguments) => arguments.Signal;

    protected override async Task<ExecHandleResult> CallAsync(
        ExecSignalArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var exec = await execs.SignalAsync(call.Caller, arguments.ExecId, Number(arguments.Signal), cancellationToken);
        return new(exec.Id.ToString(), "signaled");
    }

    protected override string Render(ExecHandleResult result) =>
        $"{result.ExecId}: signaled.{ToolNames.Whole(" Call exec_poll to see what became of it.")}";

    private static int Number(string signal) => signal switch
    {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "KILL" => 9,
        "USR1" => 10,
        "USR2" => 12,
        _ => 15,
    };
}

internal sealed record ExecEndResult(string ExecId, string Status, string? Outcome = null, int? ExitCode = null, int? Signal = null,
    IReadOnlyList<string>? Notes = null);

internal sealed record ExecCancelArguments(
    string ExecId,
    [Description("Seconds between TERM and KILL.")][Between(0, 300)] double GraceS = 5);

internal sealed class ExecCancelTool(ExecControl execs, ExecLookup lookup, TimeProvider time)
    : TypedTool<ExecCancelArguments, ExecEndResult>(Facts, McpJson.Default.ExecCancelArguments, McpJson.Default.ExecEndResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_cancel", "End a command",
        "Ends a command and every process it started: TERM, then KILL after grace_s seconds.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.ExecCancel,
        Ends: true) { Timeout = TimeSpan.FromSeconds(45) };

    protected override async Task<ExecEndResult> CallAsync(
        ExecCancelArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        await using var progress = call.BeginProgress(time, cancellationToken);
        progress?.Report(0, null, $"Waiting for the end of {arguments.ExecId}");
        var started = time.GetTimestamp();
        var left = lookup.Find(call.Caller, arguments.ExecId).Background;
        var exec = await execs.CancelAsync(call.Caller, arguments.ExecId, arguments.GraceS, cancellationToken);
        return new(exec.Id.ToString(), ExecWords.Status(exec), ExecWords.Outcome(exec), exec.ExitCode, exec.Signal)
        {
            Notes = NotesOf(exec, left, arguments.GraceS, time.GetElapsedTime(started)),
        };
    }

    private static IReadOnlyList<string>? NotesOf(Exec exec, ExecSurvivors? left, double graceSeconds, TimeSpan waited)
    {
        if (left is not null)
            return [ExecWords.Ended(exec, left)];
        if (exec.Finished)
            return ExecWords.Notes(exec);
        var state = waited.TotalSeconds < graceSeconds
            ? Words.Invariant($"TERM was sent, and the command still runs. KILL follows {graceSeconds} s after TERM; ")
                + "exec_cancel with grace_s=0 sends it now."
            : "KILL was sent, and the command has not ended yet.";
        return [.. ExecWords.Notes(exec) ?? [], $"{state} exec_poll {exec.Id} reports the end."];
    }

    protected override string Render(ExecEndResult result)
    {
        var end = ExecWords.End(result.Status, result.Outcome, result.ExitCode, result.Signal);
        return $"{result.ExecId}: {end}.{ExecWords.NoteText(result.Notes)}";
    }
}
