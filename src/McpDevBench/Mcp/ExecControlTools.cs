using System.ComponentModel;
using System.Text;
using McpDevBench.Audit;
using McpDevBench.Execs;

namespace McpDevBench.Mcp;

internal sealed record ExecPollArguments(
    [Description("exec_id of exec or exec_start.")] string ExecId,
    [Description("next_seq of the previous answer; -1: from the beginning.")][Between(-1, long.MaxValue)] long AfterSeq = -1,
    [Description("How long to wait for new output or the end.")][Between(0, 25_000)] int WaitMs = 0,
    [Between(1, 262_144)] int MaxBytes = 16_384,
    [Description("Only this stream; default: both.")][OneOf("stdout", "stderr")] string? Stream = null,
    [Description("Only the last lines.")][Between(1, 10_000)] int? TailLines = null,
    [Description("Only lines that match this regular expression.")] string? Grep = null);

internal sealed record MessageResult(long Seq, string Stream, string Data, string Ts);

internal sealed record ExecPollResult(
    IReadOnlyList<MessageResult> Messages, long NextSeq, bool Complete, string? Outcome = null, int? ExitCode = null, int? Signal = null,
    UsageResult? Usage = null, TruncatedResult? Truncated = null);

internal sealed class ExecPollTool(ExecService execs)
    : TypedTool<ExecPollArguments, ExecPollResult>(Facts, McpJson.Default.ExecPollArguments, McpJson.Default.ExecPollResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("exec_poll", "Read the output of a command",
        "Reads the output of a command after after_seq. Pass next_seq as after_seq next time, and set wait_ms rather than polling often. complete=true: the command has ended and all output was read.");

    protected override async Task<ExecPollResult> CallAsync(ExecPollArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = await execs.PollAsync(call.Owner, new PollRequest
        {
            ExecId = arguments.ExecId,
            AfterSeq = arguments.AfterSeq,
            WaitMs = arguments.WaitMs,
            MaxBytes = arguments.MaxBytes,
            Stream = arguments.Stream,
            TailLines = arguments.TailLines,
            Grep = arguments.Grep,
        }, cancellationToken);
        var messages = page.Messages.Select(message => new MessageResult(message.Seq, message.Stream, message.Data, Words.Time(message.Timestamp)));
        return new([.. messages], page.NextSeq, page.Complete)
        {
            Outcome = ExecWords.Outcome(page.Exec),
            ExitCode = page.Exec.ExitCode,
            Signal = page.Exec.Signal,
            Usage = UsageResult.Of(page.Exec.Usage),
            Truncated = LeftOut(page),
        };
    }

    protected override string Render(ExecPollResult result)
    {
        var text = new StringBuilder();
        text.Append(ExecWords.End("running", result.Outcome, result.ExitCode, result.Signal));
        text.Append(Words.Invariant($"; next_seq {result.NextSeq}{(result.Complete ? ", complete" : "")}"));
        if (result.Truncated is { } truncated)
            text.Append(Words.Invariant($"\n{truncated.Bytes} bytes left out. {truncated.Hint}"));
        var stream = "stdout";
        text.Append('\n');
        foreach (var message in result.Messages)
        {
            if (message.Stream != stream)
                text.Append(text[^1] == '\n' ? "" : "\n").Append('[').Append(stream = message.Stream).Append("]\n");
            text.Append(message.Data);
        }
        return text.ToString();
    }

    private static TruncatedResult? LeftOut(OutputPage page) => (page.DroppedBytes, page.RemainingBytes) switch
    {
        (0, 0) => null,
        (0, var remaining) => new(remaining, Words.Invariant($"Read on with after_seq {page.NextSeq}.")),
        (var dropped, 0) => new(dropped, "The middle of an output beyond the limit is not kept; have the command write it to a file."),
        var (dropped, remaining) => new(dropped + remaining, Words.Invariant($"Read on with after_seq {page.NextSeq}; {dropped} bytes of the middle were not kept.")),
    };
}

internal sealed record TerminalSize([Between(1, 1000)] int Rows, [Between(1, 1000)] int Cols);

internal sealed record ExecInputArguments(
    string ExecId,
    [Description("Text for stdin; a line needs its \\n.")][Large] string? Data = null,
    [Description("Of data.")][OneOf("utf8", "base64")] string Encoding = "utf8",
    [Description("Close stdin after data.")] bool Eof = false,
    [Description("New size of a pty.")] TerminalSize? Resize = null);

internal sealed record ExecInputResult(string ExecId, int Bytes, bool Open);

internal sealed class ExecInputTool(ExecService execs)
    : TypedTool<ExecInputArguments, ExecInputResult>(Facts, McpJson.Default.ExecInputArguments, McpJson.Default.ExecInputResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_input", "Send input to a command",
        "Writes to the stdin of a command that was started with stdin_open or pty.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecInput);

    protected override async Task<ExecInputResult> CallAsync(ExecInputArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var data = Encodings.Decode(arguments.Data ?? "", arguments.Encoding, "data");
        var (taken, open) = await execs.InputAsync(call.Owner, arguments.ExecId, data, arguments.Eof, arguments.Resize is { } size ? (size.Rows, size.Cols) : null, cancellationToken);
        return new(arguments.ExecId, taken, open);
    }

    protected override string Render(ExecInputResult result) =>
        Words.Invariant($"{result.Bytes} bytes taken; the input is {(result.Open ? "still open" : "closed")}.");
}

internal sealed record ExecSignalArguments(string ExecId, [OneOf("TERM", "INT", "KILL", "HUP", "QUIT", "USR1", "USR2")] string Signal);

internal sealed class ExecSignalTool(ExecService execs)
    : TypedTool<ExecSignalArguments, ExecHandleResult>(Facts, McpJson.Default.ExecSignalArguments, McpJson.Default.ExecHandleResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_signal", "Signal a command",
        "Sends a signal to a command and every process it started. To end a command use exec_cancel.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.ExecSignal);

    protected override string? TargetOf(ExecSignalArguments arguments) => arguments.Signal;

    protected override async Task<ExecHandleResult> CallAsync(ExecSignalArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var exec = await execs.SignalAsync(call.Owner, arguments.ExecId, Number(arguments.Signal), cancellationToken);
        return new(exec.Id.ToString(), "signaled");
    }

    protected override string Render(ExecHandleResult result) => $"{result.ExecId}: signaled. Call exec_poll to see what became of it.";

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

internal sealed record ExecEndResult(string ExecId, string Status, string? Outcome = null, int? ExitCode = null, int? Signal = null);

internal sealed record ExecCancelArguments(
    string ExecId,
    [Description("Seconds between TERM and KILL.")][Between(0, 300)] double GraceS = 5);

internal sealed class ExecCancelTool(ExecService execs)
    : TypedTool<ExecCancelArguments, ExecEndResult>(Facts, McpJson.Default.ExecCancelArguments, McpJson.Default.ExecEndResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_cancel", "End a command",
        "Ends a command and every process it started: TERM, then KILL after grace_s seconds.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.ExecCancel, Ends: true);

    protected override async Task<ExecEndResult> CallAsync(ExecCancelArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var exec = await execs.CancelAsync(call.Owner, arguments.ExecId, arguments.GraceS, cancellationToken);
        return new(exec.Id.ToString(), ExecWords.Status(exec), ExecWords.Outcome(exec), exec.ExitCode, exec.Signal);
    }

    protected override string Render(ExecEndResult result) => $"{result.ExecId}: {ExecWords.End(result.Status, result.Outcome, result.ExitCode, result.Signal)}.";
}
