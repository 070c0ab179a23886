using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Execs;

namespace McpDevBench.Mcp;

internal sealed record ExecArguments(
    [Description("Id or alias.")] string ContainerId,
    [Description("Program and arguments; or give shell.")] string[]? Cmd = null,
    [Description("One command line for sh -c.")][Large] string? Shell = null,
    string Cwd = "/workspace",
    Dictionary<string, string>? Env = null,
    [Description("Fed, then EOF.")][Large] string? Stdin = null,
    [Description("More comes by exec_input.")] bool StdinOpen = false,
    [Unlisted] bool AsRoot = false,
    [Description("600 by default.")][Between(1, 86_400)] int? TimeoutS = null,
    [Between(0, 25_000)] int WaitMs = 10_000,
    [Between(0, 262_144)] int MaxOutputBytes = 16_384,
    [Description("Terminal of rows, cols (24, 80).")] bool Pty = false,
    [Between(1, 1000)][Unlisted] int Rows = 24,
    [Between(1, 1000)][Unlisted] int Cols = 80,
    [Description("Once per key.")] string? IdempotencyKey = null)
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

    /// <summary>The program alone: arguments may hold secrets.</summary>
    public string? Program() => Shell is not null ? "sh" : Cmd?.FirstOrDefault();

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

internal sealed class ExecTool(ExecService execs) : TypedTool<ExecArguments, ExecToolResult>(Facts, McpJson.Default.ExecArguments, McpJson.Default.ExecToolResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec", "Run a command",
        "Runs a command and answers with its output and exit_code. One that still runs after wait_ms goes on: continue with exec_poll, after_seq=next_seq. A non-zero exit_code is no error.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecArguments arguments) => arguments.Program();

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
    [Unlisted] string Cwd = "/workspace",
    [Unlisted] Dictionary<string, string>? Env = null,
    [Large][Unlisted] string? Stdin = null,
    [Unlisted] bool StdinOpen = false,
    [Unlisted] bool AsRoot = false,
    [Between(1, 86_400)] int? TimeoutS = null,
    [Unlisted] bool Pty = false,
    [Between(1, 1000)][Unlisted] int Rows = 24,
    [Between(1, 1000)][Unlisted] int Cols = 80,
    [Unlisted] string? IdempotencyKey = null)
{
    /// <summary>The same as exec takes it.</summary>
    public ExecArguments ToExec() => new(ContainerId, Cmd, Shell, Cwd, Env, Stdin, StdinOpen, AsRoot, TimeoutS, Pty: Pty, Rows: Rows, Cols: Cols, IdempotencyKey: IdempotencyKey);
}

internal sealed record ExecHandleResult(string ExecId, string Status);

internal sealed class ExecStartTool(ExecService execs)
    : TypedTool<ExecStartArguments, ExecHandleResult>(Facts, McpJson.Default.ExecStartArguments, McpJson.Default.ExecHandleResult), ITool
{
    public static ToolFacts Facts { get; } = new("exec_start", "Start a command",
        "Starts a server or a long build without waiting. Also takes cwd, env, stdin, stdin_open, pty, rows, cols and idempotency_key, as exec does. Then call exec_poll or exec_cancel.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: true, AuditEvents.ExecStart);

    protected override string? TargetOf(ExecStartArguments arguments) => arguments.ToExec().Program();

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
    string? ContainerId = null,
    bool IncludeFinished = false,
    string? Cursor = null);

internal sealed record ListedExec(string ExecId, string ContainerId, IReadOnlyList<string> Cmd, string Status, string StartedAt, string? EndedAt = null, string? Outcome = null, int? ExitCode = null);

internal sealed record ListExecsResult(IReadOnlyList<ListedExec> Execs, string? NextCursor = null);

internal sealed class ListExecsTool(ExecService execs)
    : TypedTool<ListExecsArguments, ListExecsResult>(Facts, McpJson.Default.ListExecsArguments, McpJson.Default.ListExecsResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_execs", "List commands", "Lists commands that run, or that also ended.");

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
