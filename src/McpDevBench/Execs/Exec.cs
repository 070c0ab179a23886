using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>How a command ended. In snake_case this is what clients see.</summary>
internal enum ExecOutcome
{
    Exited,
    Signaled,
    TimedOut,
    Cancelled,
    OutOfMemory,
    WorkspaceLost,

    /// <summary>Its start was answered as a timeout, and the agent reported later that it had not begun.</summary>
    NotStarted,
}

/// <summary>What a command used.</summary>
internal sealed record ExecUsage(long WallMs, long CpuMs, long MaxRssBytes, long StdoutBytes, long StderrBytes);

/// <summary>Processes that outlived their command.</summary>
/// <param name="Count">All of them.</param>
/// <param name="Named">The first of them, as <c>PID NAME</c>.</param>
internal sealed record ExecSurvivors(int Count, IReadOnlyList<string> Named);

/// <summary>The output of an ended command.</summary>
/// <param name="Bytes">On disk, at most.</param>
internal sealed record KeptOutput(ExecId ExecId, WorkspaceId ContainerId, DateTimeOffset EndedAt, long Bytes);

/// <summary>A command as the database has it.</summary>
internal sealed record Exec
{
    public required ExecId Id { get; init; }
    public required WorkspaceId ContainerId { get; init; }
    public required string Owner { get; init; }

    /// <summary>Program and arguments, cut where they are long.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Null while it runs.</summary>
    public ExecOutcome? Outcome { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it, as a number; null if none did.</summary>
    public int? Signal { get; init; }

    public ExecUsage? Usage { get; init; }

    /// <summary>Its time limit; null without one.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Which shell runs it; null for a program, or if that is not known yet.</summary>
    public string? Shell { get; init; }

    /// <summary>
    /// Its caller gave a command line, and the shell around it is ours. Not stored: for an exec of an earlier server, see
    /// <see cref="Shell"/>.
    /// </summary>
    public bool IsScript { get; init; }

    /// <summary>It runs in a terminal. Not stored: after a restart of the server it is not known.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>What its caller should know of its end.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Its output is no longer there; a note has the reason.</summary>
    public bool OutputRemoved { get; init; }

    /// <summary>Processes of it that still run although the command has ended.</summary>
    public ExecSurvivors? Background { get; init; }

    /// <summary>When the last of them had ended; null if there were none, or still are.</summary>
    public DateTimeOffset? DrainedAt { get; init; }

    /// <summary>The command has ended; see <see cref="Background"/>.</summary>
    public bool Finished => Outcome is not null;

    /// <summary>No process is left, and no output will come.</summary>
    public bool Complete => Finished && Background is null;

    /// <summary>
    /// The call that started it had a timeout as its answer: it is not known whether it runs, and it is ended if it does.
    /// </summary>
    public bool Unsettled { get; init; }

    /// <summary>That is settled: it did not run, and never will.</summary>
    public bool NeverBegan { get; init; }
}

/// <summary>A command to run.</summary>
internal sealed record ExecRequest
{
    /// <summary>Container id or alias.</summary>
    public required string Container { get; init; }

    /// <summary>Program and arguments; null if <see cref="Shell"/> is given.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>One string for the image's shell: bash, or sh where there is none.</summary>
    public string? Shell { get; init; }

    public string Cwd { get; init; } = ContainerPaths.Workspace;
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Fed to standard input, then its end unless <see cref="StdinOpen"/>.</summary>
    public string? Stdin { get; init; }

    public bool StdinOpen { get; init; }
    public bool AsRoot { get; init; }
    public int? TimeoutSeconds { get; init; }

    /// <summary>Without <see cref="TimeoutSeconds"/>, no time limit but one that the operator has set.</summary>
    public bool MayRunForever { get; init; }
    public bool Pty { get; init; }
    public int Rows { get; init; } = 24;
    public int Cols { get; init; } = 80;
    public string? IdempotencyKey { get; init; }

    /// <summary>How long the call may wait for a slot when as many commands run as may; null: a short fixed time.</summary>
    public TimeSpan? MaxQueueWait { get; init; }
}

/// <param name="Queued">How long the call waited for a slot.</param>
/// <param name="IsRepeated">A call with the same idempotency key started it before.</param>
internal sealed record StartedExec(Exec Exec, TimeSpan Queued, bool IsRepeated = false);

/// <summary>What ends a poll's wait, besides the end of the exec and of the time.</summary>
internal enum PollUntil
{
    /// <summary>Output of <see cref="OutputWait.EnoughBytes"/>, or output and then a quiet moment.</summary>
    Settled,

    /// <summary>Any output; what comes right behind it is waited for.</summary>
    Output,

    /// <summary>A line that matches <see cref="PollRequest.Grep"/>.</summary>
    Match,

    /// <summary>Nothing else.</summary>
    Exit,
}

/// <summary>Selects a part of an exec's output.</summary>
internal sealed record PollRequest
{
    public required string ExecId { get; init; }

    /// <summary>The number of an <see cref="OutputPosition"/>; -1 from the beginning.</summary>
    public long AfterSeq { get; init; } = -1;

    public OutputPosition After => OutputPosition.Of(AfterSeq);

    /// <summary>Milliseconds to wait.</summary>
    public int WaitMs { get; init; }

    public PollUntil Until { get; init; }

    public int MaxBytes { get; init; } = 16384;

    /// <summary><c>stdout</c>, <c>stderr</c> or null for both.</summary>
    public string? Stream { get; init; }

    /// <summary>Only the last so many lines.</summary>
    public int? TailLines { get; init; }

    /// <summary>Only the lines that match this regular expression.</summary>
    public string? Grep { get; init; }

    /// <summary>The regular expression that ends the wait, where it does not choose the lines.</summary>
    public string? Match { get; init; }

    /// <summary>The input whose answer is wanted: in a terminal its echo does not end the wait.</summary>
    public InputEcho? Echo { get; init; }

    /// <summary>The bytes as they were written, in base64.</summary>
    public bool Base64 { get; init; }

    /// <summary>Without terminal control sequences.</summary>
    public bool StripAnsi { get; init; }

    /// <summary>Each piece as a message of its own.</summary>
    public bool Separate { get; init; }

    /// <summary>One message for each stream.</summary>
    public bool ByStream { get; init; }

    public bool ByLine => TailLines is not null || Grep is not null;
}

/// <summary>Output of one stream that follows each other.</summary>
/// <param name="Seq">Of its first piece: from 0, without gap, in the order in which it was written.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Data">Text, with U+FFFD for bytes that are not UTF-8; or base64, where that is asked for.</param>
/// <param name="Timestamp">When the agent read its first piece.</param>
internal sealed record OutputMessage(long Seq, string Stream, string Data, DateTimeOffset Timestamp);

/// <param name="Complete">The exec has ended and everything has been delivered.</param>
internal sealed record OutputPage(Exec Exec, OutputSlice Output, bool Complete);

/// <summary>The output of both streams, each cut in the middle if it is too long.</summary>
/// <param name="NextSeq">The last piece that is in it.</param>
/// <param name="OmittedBytes">Bytes left out of both; exec_poll has them (unless dropped).</param>
/// <param name="HeadSeq">The last piece before the first that is left out.</param>
internal sealed record OutputSummary(string Stdout, string Stderr, long NextSeq, long OmittedBytes, long HeadSeq);

/// <summary>What <c>exec</c> answers.</summary>
internal sealed record ExecResult(Exec Exec, OutputSummary Output);

internal sealed record ExecPage(IReadOnlyList<Exec> Execs, string? NextCursor);
