using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Mcp;

internal sealed record ExecArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("Program and its arguments, without a shell. Give either cmd or shell.")] string[]? Cmd = null,
    [Description("One command line for a shell: pipes, &&, globs, variables.")][Large] string? Shell = null,
    [Description("Working directory.")] string Cwd = "/workspace",
    [Description("Environment variables of this command.")][SuchAs("LANG")] Dictionary<string, string>? Env = null,
    [Description("Written to stdin, which is then closed.")][Large] string? Stdin = null,
    [Description("Keep stdin open for exec_input.")] bool StdinOpen = false,
    [NeverAllowed] bool AsRoot = false,
    [Description("Seconds after which the command is ended.")] int? TimeoutS = null,
    [Description("How long to wait for the end before answering.")][Between(0, 25_000)] int WaitMs = 10_000,
    [Description("Larger output is cut in the middle.")][Between(0, 262_144)] int MaxOutputBytes = 16_384,
    [Description("Run in a terminal of rows and cols.")] bool Pty = false,
    [Between(1, 1000)] int Rows = 24,
    [Between(1, 1000)] int Cols = 80,
    [Description("Repeating the call with this key returns the first result.")] string? IdempotencyKey = null)
{
    public ExecRequest ToRequest() => new()
    {
        Container = ContainerId,
        Cmd = Cmd,
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

    /// <summary>What the audit record holds of the command. Arguments may hold secrets: the whole line is redacted by the kind of its values.</summary>
    public string? Recorded(AuditOptions audit) => audit.Commands switch
    {
        AuditCommands.None => null,
        AuditCommands.Program => Shell is not null ? "sh" : Cmd?.FirstOrDefault(),
        _ => SecretRedactor.Instance.Redact(Shell ?? string.Join(' ', Cmd ?? [])),
    };

    /// <summary>For every tool that starts a command.</summary>
    public static ArgumentLimits Limits(ExecOptions options) => new ArgumentLimits()
        .Between("timeout_s", ExecService.MinTimeoutSeconds, (int)options.LongestTimeout.TotalSeconds, "MCP_MAX_EXEC_TIMEOUT")
        .Default("timeout_s", (int)options.DefaultTimeout.TotalSeconds);

    public void Check()
    {
        if (Cmd is null == Shell is null)
            throw new RefusalException(RefusalCode.InvalidArgument, Cmd is null ? "Neither cmd nor shell is given." : "Both cmd and shell are given.", "Give cmd (an array: the program and its arguments) or shell (one string for sh -c).");
        if (Cmd is [] or ["", ..])
            throw new RefusalException(RefusalCode.InvalidArgument, "The argument 'cmd' names no program.", "Its first item is the program, such as [\"ls\", \"-l\"].");
    }
}

internal sealed record UsageResult(long WallMs, long CpuMs, long MaxRssBytes, long StdoutBytes, long StderrBytes)
{
    public static UsageResult? Of(ExecUsage? usage) =>
        usage is null ? null : new(usage.WallMs, usage.CpuMs, usage.MaxRssBytes, usage.StdoutBytes, usage.StderrBytes);
}

/// <param name="Bytes">Bytes left out.</param>
/// <param name="Hint">How to get them.</param>
internal sealed record TruncatedResult(long Bytes, string Hint);

internal sealed record ExecToolResult(
    string ExecId, string Status, string Stdout, string Stderr, long NextSeq,
    string? Outcome = null, int? ExitCode = null, int? Signal = null, UsageResult? Usage = null, TruncatedResult? Truncated = null);

internal sealed class ExecTool(ExecService execs, ExecOptions options, AuditOptions audit)
    : TypedTool<ExecArguments, ExecToolResult>(Facts, McpJson.Default.ExecArguments, McpJson.Default.ExecToolResult, ExecArguments.Limits(options)), ITool
{
    public static ToolFacts Facts { get; } = new("exec", "Run a command",
        "Runs a command and returns its output and exit_code. Give cmd or shell. A command that still runs after wait_ms continues: read on with exec_poll and after_seq=next_seq. "
        + "A non-zero exit_code is a result, not an error.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecArguments arguments) => arguments.Recorded(audit);

    protected override async Task<ExecToolResult> CallAsync(ExecArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        arguments.Check();
        var reports = 0;
        Func<OutputMessage, ValueTask>? onOutput = call.IsWatched
            ? message => call.ReportAsync(++reports, null, message.Data, cancellationToken)
            : null;
        var request = arguments.ToRequest() with { MaxQueueWait = TimeSpan.FromMilliseconds(arguments.WaitMs) };
        var started = await execs.StartAsync(call.Owner, request, call.RecordAsync, cancellationToken);
        var waitMs = Math.Max(0, arguments.WaitMs - (int)started.Queued.TotalMilliseconds);
        var result = await execs.FollowAsync(started.Exec, waitMs, arguments.MaxOutputBytes, onOutput, cancellationToken);
        var exec = result.Exec;
        return new(exec.Id.ToString(), ExecWords.Status(exec), result.Stdout, result.Stderr, result.NextSeq)
        {
            Outcome = ExecWords.Outcome(exec),
            ExitCode = exec.ExitCode,
            Signal = exec.Signal,
            Usage = UsageResult.Of(exec.Usage),
            Truncated = result.TruncatedBytes == 0 ? null : new(result.TruncatedBytes, $"Left out in the middle: call exec_poll with exec_id {exec.Id}, with grep or tail_lines for a part of it."),
        };
    }

    protected override string Render(ExecToolResult result)
    {
        var end = ExecWords.End(result.Status, result.Outcome, result.ExitCode, result.Signal);
        var more = result.Status == "running" ? Words.Invariant($"\nCall exec_poll with exec_id {result.ExecId}, after_seq {result.NextSeq} and wait_ms.") : "";
        var cut = result.Truncated is null ? "" : Words.Invariant($"\n{result.Truncated.Bytes} bytes left out. {result.Truncated.Hint}");
        var errors = result.Stderr.Length == 0 ? "" : $"\n[stderr]\n{result.Stderr}";
        return $"{result.ExecId}: {end}{more}{cut}\n{result.Stdout}{errors}";
    }
}

internal sealed record ExecStartArguments(
    string ContainerId,
    string[]? Cmd = null,
    [Large] string? Shell = null,
    string Cwd = "/workspace",
    [SuchAs("LANG")] Dictionary<string, string>? Env = null,
    [Large] string? Stdin = null,
    bool StdinOpen = false,
    [NeverAllowed] bool AsRoot = false,
    [Description("Seconds after which the command is ended.")] int? TimeoutS = null,
    bool Pty = false,
    [Between(1, 1000)] int Rows = 24,
    [Between(1, 1000)] int Cols = 80,
    string? IdempotencyKey = null)
{
    /// <summary>The same as exec takes it.</summary>
    public ExecArguments ToExec() => new(ContainerId, Cmd, Shell, Cwd, Env, Stdin, StdinOpen, AsRoot, TimeoutS, Pty: Pty, Rows: Rows, Cols: Cols, IdempotencyKey: IdempotencyKey);
}

internal sealed record ExecHandleResult(string ExecId, string Status);

internal sealed class ExecStartTool(ExecService execs, ExecOptions options, AuditOptions audit)
    : TypedTool<ExecStartArguments, ExecHandleResult>(Facts, McpJson.Default.ExecStartArguments, McpJson.Default.ExecHandleResult, ExecArguments.Limits(options)), ITool
{
    public static ToolFacts Facts { get; } = new("exec_start", "Start a command",
        "Starts a command without waiting for it: a server or a long build. The arguments mean what they mean in exec. Then read the output with exec_poll; end it with exec_cancel.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecStartArguments arguments) => arguments.ToExec().Recorded(audit);

    protected override async Task<ExecHandleResult> CallAsync(ExecStartArguments given, ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = given.ToExec();
        arguments.Check();
        var started = await execs.StartAsync(call.Owner, arguments.ToRequest(), call.RecordAsync, cancellationToken);
        return new(started.Exec.Id.ToString(), ExecWords.Status(started.Exec));
    }

    protected override string Render(ExecHandleResult result) => $"{result.ExecId}: {result.Status}. Call exec_poll with wait_ms to read its output.";
}

internal sealed record ListExecsArguments(
    [Description("Workspace id or alias; default: all your workspaces.")] string? ContainerId = null,
    [Description("Also list commands that have ended.")] bool IncludeFinished = false,
    [Description("next_cursor of the previous page.")] string? Cursor = null);

internal sealed record ListedExec(string ExecId, string ContainerId, IReadOnlyList<string> Cmd, string Status, string StartedAt, string? EndedAt = null, string? Outcome = null, int? ExitCode = null);

internal sealed record ListExecsResult(IReadOnlyList<ListedExec> Execs, string? NextCursor = null);

internal sealed class ListExecsTool(ExecService execs)
    : TypedTool<ListExecsArguments, ListExecsResult>(Facts, McpJson.Default.ListExecsArguments, McpJson.Default.ListExecsResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_execs", "List commands", "Lists running commands with their exec_ids; with include_finished also those that have ended.");

    protected override Task<ListExecsResult> CallAsync(ListExecsArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = execs.List(call.Owner, arguments.ContainerId, arguments.IncludeFinished, arguments.Cursor);
        var listed = page.Execs.Select(exec => new ListedExec(exec.Id.ToString(), exec.ContainerId.ToString(), exec.Command, ExecWords.Status(exec),
            Words.Time(exec.StartedAt), Words.Time(exec.EndedAt), ExecWords.Outcome(exec), exec.ExitCode));
        return Task.FromResult(new ListExecsResult([.. listed], page.NextCursor));
    }

    protected override string Render(ListExecsResult result) => result.Execs.Count == 0
        ? "No commands."
        : string.Join('\n', result.Execs.Select(exec => $"{exec.ExecId} in {exec.ContainerId}: {ExecWords.End(exec.Status, exec.Outcome, exec.ExitCode, null)}, started {exec.StartedAt}: {string.Join(' ', exec.Cmd)}"))
            + Words.More(result.NextCursor);
}
