using System.ComponentModel;
using System.Text;
using System.Text.Json.Serialization;
using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

internal sealed record ExecPollArguments(
    [Description("exec_id of exec or exec_start.")] string ExecId,
    [Description("next_seq of the previous answer; -1: from the beginning.")][Between(-1, long.MaxValue)] long AfterSeq = -1,
    [Description("How long to wait. Default: 0; 10000 with until.")][Between(0, 25_000)] int? WaitMs = null,
    [Description("What ends the wait. match: a line matches grep. Default: exit, 4 KB, or output and then a pause.")]
    [OneOf("output", "match", "exit")] string? Until = null,
    [Description("Bytes of output in the answer.")][Between(1, 262_144)] int MaxBytes = 16_384,
    [Description("Only this stream; default: both.")][OneOf("stdout", "stderr")] string? Stream = null,
    [Description("Only the last lines.")][Between(1, 10_000)] int? TailLines = null,
    [Description("Only lines that match this regular expression.")] string? Grep = null,
    [Description("base64: raw bytes.")][OneOf("utf8", "base64")] string Encoding = "utf8",
    [Description("Remove ANSI escapes.")] bool StripAnsi = false,
    [Description("Add times and resources used.")] bool Details = false) : IWaitingArguments
{
    TimeSpan IWaitingArguments.Wait => TimeSpan.FromMilliseconds(OutputOptions.WaitMs(WaitMs, Until));

    public PollRequest ToRequest() => new()
    {
        ExecId = ExecId,
        AfterSeq = AfterSeq,
        WaitMs = OutputOptions.WaitMs(WaitMs, Until),
        Until = OutputOptions.Until(Until),
        MaxBytes = MaxBytes,
        Stream = Stream,
        TailLines = TailLines,
        Grep = Grep,
        Base64 = Encoding == "base64",
        StripAnsi = StripAnsi,
        Separate = Details,
    };

    public void Check()
    {
        if (Until == "match" && Grep is null)
            throw OutputOptions.MatchWithoutGrep();
        GrepArgument.Check(Grep);
        if (Encoding != "base64")
            return;
        if (Grep is not null)
            throw OutputOptions.NotWithBase64("grep");
        if (TailLines is not null)
            throw OutputOptions.NotWithBase64("tail_lines");
        if (StripAnsi)
            throw OutputOptions.NotWithBase64("strip_ansi");
    }
}

/// <param name="Status"><c>starting</c> while it is not known whether the command started; otherwise null.</param>
internal sealed record ExecPollResult(
    string ExecId, IReadOnlyList<MessageResult> Messages, long NextSeq, bool Complete, string? Outcome = null, int? ExitCode = null,
    int? Signal = null, long? WallMs = null, UsageResult? Usage = null, TruncatedResult? Truncated = null,
    IReadOnlyList<string>? Notes = null, string? Status = null)
{
    public static ExecPollResult Of(OutputPage page, ExecPollArguments arguments, bool isPaused = false) => new(
        page.Exec.Id.ToString(), OutputOptions.Messages(page, arguments.Details), page.Output.NextSeq, page.Complete)
    {
        Outcome = ExecWords.Outcome(page.Exec),
        ExitCode = page.Exec.ExitCode,
        Signal = page.Exec.Signal,
        WallMs = page.Exec.Usage?.WallMs,
        Usage = arguments.Details ? UsageResult.Of(page.Exec.Usage) : null,
        Truncated = OutputOptions.LeftOut(page),
        Status = ExecWords.Status(page.Exec) is "starting" and var status ? status : null,
        Notes = OutputOptions.Unmatched(page.Output, arguments.AfterSeq, arguments.Grep) is { } unmatched
            ? [.. ExecWords.Notes(page.Exec, isPaused) ?? [], unmatched]
            : ExecWords.Notes(page.Exec, isPaused),
    };

    public string ToText()
    {
        var text = new StringBuilder();
        var end = ExecWords.End(Status ?? "running", Outcome, ExitCode, Signal, WallMs);
        text.Append(ExecId).Append(": ").Append(end).Append(OutputOptions.UsageText(Usage));
        var next = ToolNames.Whole(Words.Invariant($" Next: exec_poll after_seq={NextSeq}."));
        text.Append(Complete ? ", complete." : $".{next}");
        if (Truncated is { } truncated)
            text.Append($"\n{Plural.Of(truncated.Bytes, "byte")} left out. {truncated.Hint}");
        text.Append(ExecWords.NoteText(Notes));
        OutputOptions.Append(text, Messages);
        return text.ToString();
    }
}

internal sealed class ExecPollTool(ExecReader reader, TimeProvider time)
    : TypedTool<ExecPollArguments, ExecPollResult>(Facts, McpJson.Default.ExecPollArguments, McpJson.Default.ExecPollResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("exec_poll", "Read output",
        "Reads the output of a command after after_seq. Pass next_seq as after_seq next time. "
        + "complete=true: the command has ended and all output was read.");

    protected override async Task<ExecPollResult> CallAsync(ExecPollArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        arguments.Check();
        await using var progress = call.BeginProgress(time, cancellationToken);
        var page = await reader.PollAsync(call.Caller, arguments.ToRequest(), cancellationToken);
        return ExecPollResult.Of(page, arguments, await reader.IsPausedAsync(page.Exec, page.Output));
    }

    protected override string Render(ExecPollResult result) => result.ToText();
}

internal sealed record TerminalSize([Between(1, 1000)] int Rows, [Between(1, 1000)] int Cols);

internal sealed record ExecInputArguments(
    string ExecId,
    [Description("Text for stdin; a line needs its \\n.")][Large] string? Data = null,
    [Description("Encoding of data.")][OneOf("utf8", "base64")] string Encoding = "utf8",
    [Description("Close stdin after data.")] bool Eof = false,
    [Description("New size of a pty.")] TerminalSize? Resize = null,
    [Description("How long to wait for the answer. Default: 0; 10000 with until.")][Between(0, 25_000)] int? WaitMs = null,
    [Description("What ends the wait, as in exec_poll.")][OneOf("output", "match", "exit")] string? Until = null,
    [Description("With until=match: the line that ends the answer, such as ^>>> $")] string? Grep = null,
    [Description("Output after this next_seq; default: after this input.")][Between(-1, long.MaxValue)] long? AfterSeq = null,
    [Description("Remove ANSI escapes.")] bool StripAnsi = false) : IWaitingArguments
{
    TimeSpan IWaitingArguments.Wait => TimeSpan.FromMilliseconds(OutputOptions.WaitMs(WaitMs, Until));

    [JsonIgnore]
    public bool Waits => OutputOptions.WaitMs(WaitMs, Until) > 0;

    public PollRequest ToRequest(long afterSeq) => new()
    {
        ExecId = ExecId,
        AfterSeq = afterSeq,
        WaitMs = OutputOptions.WaitMs(WaitMs, Until),
        Until = OutputOptions.Until(Until),
        Match = Grep,
        StripAnsi = StripAnsi,
    };

    public void Check()
    {
        if (Data is null && !Eof && Resize is null)
            throw new RequestException(
                ErrorCode.InvalidArgument, "None of data, eof and resize is given.",
                "Give data to write to stdin, or eof=true to close it; exec_poll reads output.");
        if (Until == "match" && Grep is null)
            throw OutputOptions.MatchWithoutGrep();
        GrepArgument.Check(Grep);
        if (Until != "match" && Grep is not null)
            throw new RequestException(ErrorCode.InvalidArgument, "grep needs until=match.", "Add until=match, or leave out grep.");
    }
}

internal sealed record ExecInputResult(
    string ExecId, int Bytes, bool Open, long NextSeq, IReadOnlyList<MessageResult>? Messages = null, bool? Complete = null,
    string? Outcome = null, int? ExitCode = null, int? Signal = null, TruncatedResult? Truncated = null)
{
    /// <summary>The end of the input was sent.</summary>
    [JsonIgnore]
    public bool IsEnded { get; init; }
}

internal sealed class ExecInputTool(ExecControl execs, ExecReader reader, TimeProvider time)
    : TypedTool<ExecInputArguments, ExecInputResult>(Facts, McpJson.Default.ExecInputArguments, McpJson.Default.ExecInputResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_input", "Send input",
        "Writes to the stdin of a command that was started with stdin_open or pty. With wait_ms it returns the answer: "
        + "a step of a REPL in one call.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecInput);

    protected override async Task<ExecInputResult> CallAsync(
        ExecInputArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        arguments.Check();
        await using var progress = call.BeginProgress(time, cancellationToken);
        var data = ContentBytes.Of(arguments.Data ?? "", arguments.Encoding, "data");
        var afterSeq = arguments.AfterSeq ?? reader.LastSeq(call.Caller, arguments.ExecId);
        var size = arguments.Resize is { } resize ? (resize.Rows, resize.Cols) : default((int, int)?);
        var (taken, open) = await execs.InputAsync(call.Caller, arguments.ExecId, data, arguments.Eof, size, cancellationToken);
        var result = new ExecInputResult(arguments.ExecId, taken, open, afterSeq) { IsEnded = arguments.Eof && taken == data.Length };
        if (taken < data.Length)
        {
            var hint = "The command does not read them now. Send the rest (and eof) later.";
            result = result with { Truncated = new(data.Length - taken, hint) };
        }
        if (!arguments.Waits)
            return result;
        var echo = InputEcho.Of(Utf8Text.Decode(data.AsSpan(0, taken)));
        var page = await reader.PollAsync(call.Caller, arguments.ToRequest(afterSeq) with { Echo = echo }, cancellationToken);
        return result with
        {
            Open = open && !page.Exec.Finished,
            NextSeq = page.Output.NextSeq,
            Messages = OutputOptions.Messages(page, details: false),
            Complete = page.Complete,
            Outcome = ExecWords.Outcome(page.Exec),
            ExitCode = page.Exec.ExitCode,
            Signal = page.Exec.Signal,
            Truncated = result.Truncated ?? OutputOptions.LeftOut(page),
        };
    }

    private static string StdinOf(ExecInputResult result)
    {
        if (!result.Open)
            return "closed";
        return result.IsEnded ? "open (a terminal takes more after its end-of-file character)" : "open";
    }

    protected override string Render(ExecInputResult result)
    {
        var text = new StringBuilder();
        var state = ExecWords.End("running", result.Outcome, result.ExitCode, result.Signal);
        var stdin = StdinOf(result);
        text.Append($"{result.ExecId}: {Plural.Of(result.Bytes, "byte")} taken; stdin is {stdin}; {state}");
        var next = ToolNames.Whole(Words.Invariant($" Next: exec_poll after_seq={result.NextSeq}."));
        text.Append(result.Complete == true ? ", complete." : $".{next}");
        if (result.Truncated is { } truncated)
            text.Append($"\n{Plural.Of(truncated.Bytes, "byte")} left out. {truncated.Hint}");
        if (result.Messages is { } messages)
            OutputOptions.Append(text, messages);
        return text.ToString();
    }
}
