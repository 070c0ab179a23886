using System.ComponentModel;
using System.Text;
using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Mcp;

internal sealed record ExecArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("Program and its arguments, without a shell. Give either cmd or shell.")]
    [Instead(ExecArguments.CmdHint)] string[]? Cmd = null,
    [Description("One command line for bash, or sh where the image has no bash.")]
    [Large][Instead(ExecArguments.ShellHint)] string? Shell = null,
    [Description("Working directory.")] string Cwd = ContainerPaths.Workspace,
    [Description("Environment variables of this command.")][SuchAs("LANG")] Dictionary<string, string>? Env = null,
    [Description("Written to stdin, which is then closed.")]
    [Large][Instead(ExecArguments.StdinHint)] string? Stdin = null,
    [Description("Keep stdin open for exec_input.")] bool StdinOpen = false,
    [NeverAllowed] bool AsRoot = false,
    [Description("Seconds after which the command is ended.")] int? TimeoutS = null,
    [Description("How long to wait for the end before answering.")][Between(0, 25_000)] int WaitMs = 10_000,
    [Description("Larger output is cut in the middle.")][Between(0, 262_144)] int MaxOutputBytes = 16_384,
    [Description("Encoding of the output; base64: raw bytes.")][OneOf("utf8", "base64")] string Encoding = "utf8",
    [Description("Remove ANSI escapes.")] bool StripAnsi = false,
    [Description("Add resources used.")] bool Details = false,
    [Description("Run in a terminal of rows and cols.")] bool Pty = false,
    [Between(1, 1000)] int Rows = 24,
    [Between(1, 1000)] int Cols = 80,
    [Description("Calls with the same key return the first result.")] string? IdempotencyKey = null) : IWaitingArguments
{
    /// <summary>Many clients send an empty list for the one of cmd and shell that was not given.</summary>
    private string[]? Program => Cmd is [] && Shell is not null ? null : Cmd;

    TimeSpan IWaitingArguments.Wait => TimeSpan.FromMilliseconds(WaitMs);

    public const string CmdHint = "For a command line use shell, such as \"ls -l | head\"; "
        + "cmd is the program and its arguments, such as [\"ls\", \"-l\"].";

    public const string ShellHint = "shell is one command line as text, such as \"ls -l | head\"; "
        + "for a program and its arguments use cmd, such as [\"ls\", \"-l\"].";

    public const string StdinHint = "stdin is the text that the command reads; to keep stdin open for exec_input use stdin_open=true.";

    public ExecRequest ToRequest() => new()
    {
        Container = ContainerId,
        Cmd = Program,
        Shell = Shell,
        Cwd = Cwd,
        Env = Env ?? [],
        Stdin = Stdin,
        StdinOpen = StdinOpen,
        AsRoot = AsRoot,
        TimeoutSeconds = TimeoutS,
        Pty = Pty,
        Rows = Rows,
        Cols = Cols,
        IdempotencyKey = IdempotencyKey,
    };

    /// <summary>
    /// What the audit record holds of the command. Arguments may hold secrets: the whole line is redacted by the kind of its values.
    /// </summary>
    public string? Recorded(AuditOptions audit) => audit.Commands switch
    {
        AuditCommands.None => null,
        AuditCommands.Program => Shell is not null ? "shell" : Cmd?.FirstOrDefault(),
        _ => CommandSecrets.Redact(Shell is null ? Cmd ?? [] : [Shell]),
    };

    /// <summary>For exec.</summary>
    public static ArgumentLimits Limits(ExecOptions options) => new ArgumentLimits()
        .Between("timeout_s", ExecPlan.MinTimeoutSeconds, (int)options.MaxTimeout.TotalSeconds, "MCP_MAX_EXEC_TIMEOUT")
        .Default("timeout_s", (int)options.DefaultTimeout.TotalSeconds);

    /// <summary>For exec_start, which has no time limit by default.</summary>
    public static ArgumentLimits StartLimits(ExecOptions options) => options.DefaultStartTimeout is { } limit
        ? Limits(options with { DefaultTimeout = limit })
        : new ArgumentLimits().Between(
            "timeout_s", ExecPlan.MinTimeoutSeconds, (int)options.MaxTimeout.TotalSeconds, "MCP_MAX_EXEC_TIMEOUT");

    public void Check()
    {
        if (Program is null == Shell is null)
            throw new RequestException(
                ErrorCode.InvalidArgument, Program is null ? "Neither cmd nor shell is given." : "Both cmd and shell are given.",
                "Give cmd (an array: the program and its arguments) or shell (one command line for bash or sh).");
        if (Program is [] or ["", ..])
            throw new RequestException(
                ErrorCode.InvalidArgument, "The argument 'cmd' names no program.",
                "Its first item is the program, such as [\"ls\", \"-l\"].");
        if (Encoding == "base64" && StripAnsi)
            throw OutputOptions.NotWithBase64("strip_ansi");
    }
}

internal sealed record ExecToolResult(
    string ExecId, string Status, string Stdout, string Stderr, long NextSeq, string? Outcome = null, int? ExitCode = null,
    int? Signal = null, long? WallMs = null, UsageResult? Usage = null, TruncatedResult? Truncated = null, bool? Resumed = null,
    string? Shell = null, IReadOnlyList<string>? Notes = null);

internal sealed class ExecTool(ExecService execs, ExecReader reader, ExecOptions options, AuditOptions audit, TimeProvider time)
    : TypedTool<ExecArguments, ExecToolResult>(
        Facts, McpJson.Default.ExecArguments, McpJson.Default.ExecToolResult, ExecArguments.Limits(options)), ITool
{
    public const string Repeated = "This idempotency_key was used before: nothing was started, and this is the command of that call. "
        + "To run it again use another key.";

    private const int MaxProgressBytes = 1024;

    public static ToolFacts Facts { get; } = new("exec", "Run a command",
        "Runs a command and returns its output and exit_code. "
            + "A command that still runs after wait_ms continues: read on with exec_poll and after_seq=next_seq. "
        + "A non-zero exit_code is a result, not an error.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecArguments arguments) => arguments.Recorded(audit);

    protected override async Task<ExecToolResult> CallAsync(ExecArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        arguments.Check();
        var request = arguments.ToRequest() with { MaxQueueWait = TimeSpan.FromMilliseconds(arguments.WaitMs) };
        await using var progress = call.BeginProgress(time, cancellationToken);
        var (exec, queued, isRepeated) = await execs.StartAsync(call.Caller, request, call.RecordAsync, cancellationToken);
        var waitMs = Math.Max(0, arguments.WaitMs - (int)queued.TotalMilliseconds);
        var onOutput = progress is null ? null : Show(progress);
        if (arguments.Encoding == "base64")
        {
            var raw = new PollRequest { ExecId = "", WaitMs = waitMs, MaxBytes = arguments.MaxOutputBytes, Base64 = true, ByStream = true };
            var page = await reader.FollowAsync(exec, raw, onOutput, cancellationToken);
            return await AnsweredAsync(Raw(page, arguments), page.Exec, isRepeated);
        }
        var result = await reader.FollowAsync(exec, waitMs, arguments.MaxOutputBytes, onOutput, cancellationToken);
        return await AnsweredAsync(Text(result, arguments), result.Exec, isRepeated);
    }

    private async Task<ExecToolResult> AnsweredAsync(ExecToolResult result, Exec exec, bool isRepeated)
    {
        var notes = ExecWords.Notes(exec, await reader.IsPausedAsync(exec));
        var answer = result with { Resumed = ResumeNote.Flag, Notes = notes };
        return isRepeated ? answer with { Notes = [Repeated, .. answer.Notes ?? []] } : answer;
    }

    protected override string Render(ExecToolResult result)
    {
        var end = ExecWords.End(result.Status, result.Outcome, result.ExitCode, result.Signal, result.WallMs);
        var more = result.Status == "running"
            ? ToolNames.Whole(Words.Invariant($"\nCall exec_poll with exec_id {result.ExecId}, after_seq {result.NextSeq} and wait_ms."))
            : "";
        var cut = result.Truncated is { } left ? $"\n{Plural.Of(left.Bytes, "byte")} left out. {left.Hint}" : "";
        var shell = result.Shell is null ? "" : $" ({result.Shell})";
        var notes = ExecWords.NoteText(result.Notes);
        var text = new StringBuilder($"{result.ExecId}: {end}{shell}{OutputOptions.UsageText(result.Usage)}{more}{cut}{notes}");
        OutputOptions.Append(text, [new(0, "stdout", result.Stdout), new(0, "stderr", result.Stderr)]);
        return text.ToString();
    }

    /// <summary>What the command writes, as it comes.</summary>
    private static Action<OutputLog> Show(ProgressReporter progress)
    {
        OutputFollower? follower = null;
        return log =>
        {
            follower ??= new OutputFollower(log, MaxProgressBytes);
            progress.Report(() => new CallProgress(log.EndOffset, null, follower.Next(), IsState: false));
        };
    }

    private static ExecToolResult Text(ExecResult result, ExecArguments arguments)
    {
        var output = result.Output;
        var (stdout, stderr) = (output.Stdout, output.Stderr);
        if (arguments.StripAnsi)
            (stdout, stderr) = (new AnsiFilter().Apply(stdout), new AnsiFilter().Apply(stderr));
        var place = Words.Invariant($"exec_poll exec_id={result.Exec.Id} after_seq={output.HeadSeq}");
        var hint = $"To read it: {place}; for a part of it, add grep or tail_lines.";
        return Of(result.Exec, stdout, stderr, output.NextSeq, arguments, output.OmittedBytes == 0 ? null : new(output.OmittedBytes, hint));
    }

    /// <summary>
    /// Raw bytes cannot have a mark where some are left out. They are the beginning of the output, and exec_poll has the rest.
    /// </summary>
    private static ExecToolResult Raw(OutputPage page, ExecArguments arguments)
    {
        var output = page.Output;
        var left = output.Remaining + output.Dropped;
        var hint = Words.Invariant($"To read on: exec_poll exec_id={page.Exec.Id} after_seq={output.NextSeq} encoding=base64.");
        return Of(page.Exec, DataOf(page, "stdout"), DataOf(page, "stderr"), output.NextSeq, arguments, left == 0 ? null : new(left, hint));
    }

    private static string DataOf(OutputPage page, string stream) =>
        page.Output.Messages.SingleOrDefault(message => message.Stream == stream)?.Data ?? "";

    private static ExecToolResult Of(
        Exec exec, string stdout, string stderr, long nextSeq, ExecArguments arguments, TruncatedResult? truncated) =>
        new(exec.Id.ToString(), ExecWords.Status(exec), stdout, stderr, nextSeq)
        {
            Outcome = ExecWords.Outcome(exec),
            ExitCode = exec.ExitCode,
            Signal = exec.Signal,
            WallMs = exec.Usage?.WallMs,
            Usage = arguments.Details ? UsageResult.Of(exec.Usage) : null,
            Truncated = truncated,
            Shell = exec.Shell,
        };
}

internal sealed record ExecStartArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("Program and its arguments.")][Instead(ExecArguments.CmdHint)] string[]? Cmd = null,
    [Description("Command line for bash or sh.")][Large][Instead(ExecArguments.ShellHint)] string? Shell = null,
    [Description("Working directory.")] string Cwd = ContainerPaths.Workspace,
    [Description("Environment variables.")][SuchAs("LANG")] Dictionary<string, string>? Env = null,
    [Description("Written to stdin, which is then closed.")][Large][Instead(ExecArguments.StdinHint)] string? Stdin = null,
    [Description("Keep stdin open for exec_input.")] bool StdinOpen = false,
    [NeverAllowed] bool AsRoot = false,
    [Description("Time limit in seconds. Default: none, or the server's.")] int? TimeoutS = null,
    [Description("Run in a terminal of rows and cols.")] bool Pty = false,
    [Between(1, 1000)] int Rows = 24,
    [Between(1, 1000)] int Cols = 80,
    [Description("Calls with the same key return the first result.")] string? IdempotencyKey = null)
{
    /// <summary>The same as exec takes it.</summary>
    public ExecArguments ToExec() => new(
        ContainerId, Cmd, Shell, Cwd, Env, Stdin, StdinOpen, AsRoot, TimeoutS, Pty: Pty, Rows: Rows, Cols: Cols,
        IdempotencyKey: IdempotencyKey);
}

internal sealed record ExecHandleResult(string ExecId, string Status);

/// <param name="TimeoutS">Its time limit; null without one.</param>
internal sealed record ExecStartResult(string ExecId, string Status, string? Shell = null, int? TimeoutS = null, bool? Resumed = null,
    IReadOnlyList<string>? Notes = null);

internal sealed class ExecStartTool(ExecService execs, ExecOptions options, AuditOptions audit)
    : TypedTool<ExecStartArguments, ExecStartResult>(
        Facts, McpJson.Default.ExecStartArguments, McpJson.Default.ExecStartResult, ExecArguments.StartLimits(options)), ITool
{
    public static ToolFacts Facts { get; } = new("exec_start", "Start a command",
        "Starts a command without waiting for it: a server or a long build. Arguments as in exec. "
            + "Read the output with exec_poll; end it with exec_cancel.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecStartArguments arguments) => arguments.ToExec().Recorded(audit);

    protected override async Task<ExecStartResult> CallAsync(ExecStartArguments given, ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = given.ToExec();
        arguments.Check();
        var request = arguments.ToRequest() with { MayRunForever = true };
        var (exec, _, isRepeated) = await execs.StartAsync(call.Caller, request, call.RecordAsync, cancellationToken);
        var notes = ExecWords.Notes(exec);
        return new(exec.Id.ToString(), ExecWords.Status(exec), exec.Shell, (int?)exec.Timeout?.TotalSeconds, ResumeNote.Flag)
        {
            Notes = isRepeated ? [ExecTool.Repeated, .. notes ?? []] : notes,
        };
    }

    protected override string Render(ExecStartResult result)
    {
        var shell = result.Shell is null ? "" : $" ({result.Shell})";
        var limit = result.TimeoutS is { } seconds ? Words.Invariant($", ends after {seconds} s") : ", no time limit";
        var (until, notes) = (result.Status == "finished" ? "" : limit, ExecWords.NoteText(result.Notes));
        var next = ToolNames.Whole(" Call exec_poll with wait_ms to read its output.");
        return $"{result.ExecId}: {result.Status}{shell}{until}.{next}{notes}";
    }
}
