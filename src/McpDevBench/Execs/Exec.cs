using McpDevBench.Containers;

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
}

/// <summary>What a command used.</summary>
internal sealed record ExecUsage(long WallMs, long CpuMs, long MaxRssBytes, long StdoutBytes, long StderrBytes);

/// <summary>A command as the database has it.</summary>
internal sealed record Exec
{
    public required ExecId Id { get; init; }
    public required ContainerId ContainerId { get; init; }
    public required string Owner { get; init; }

    /// <summary>Program and arguments, as given.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Null while it runs.</summary>
    public ExecOutcome? Outcome { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it, as a number; null if none did.</summary>
    public int? Signal { get; init; }

    public ExecUsage? Usage { get; init; }

    public bool Finished => Outcome is not null;
}

/// <summary>A command to run.</summary>
internal sealed record ExecRequest
{
    /// <summary>Container id or alias.</summary>
    public required string Container { get; init; }

    /// <summary>Program and arguments; null if <see cref="Shell"/> is given.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>One string for the image's <c>sh -c</c>.</summary>
    public string? Shell { get; init; }

    public string Cwd { get; init; } = "/workspace";
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Fed to standard input, then its end unless <see cref="StdinOpen"/>.</summary>
    public string? Stdin { get; init; }

    public bool StdinOpen { get; init; }
    public bool AsRoot { get; init; }
    public int? TimeoutSeconds { get; init; }
    public bool Pty { get; init; }
    public int Rows { get; init; } = 24;
    public int Cols { get; init; } = 80;
    public string? IdempotencyKey { get; init; }

    /// <summary>How long the call may wait for a slot when as many commands run as may; null: a short fixed time.</summary>
    public TimeSpan? MaxQueueWait { get; init; }
}

/// <param name="Queued">How long the call waited for a slot.</param>
internal sealed record StartedExec(Exec Exec, TimeSpan Queued);

/// <summary>Which part of an exec's output is wanted.</summary>
internal sealed record PollRequest
{
    public required string ExecId { get; init; }

    /// <summary>Messages with a larger seq; -1 from the beginning.</summary>
    public long AfterSeq { get; init; } = -1;

    /// <summary>Milliseconds to wait for something new or the end.</summary>
    public int WaitMs { get; init; }

    public int MaxBytes { get; init; } = 16384;

    /// <summary><c>stdout</c>, <c>stderr</c> or null for both.</summary>
    public string? Stream { get; init; }

    /// <summary>Only the last so many lines.</summary>
    public int? TailLines { get; init; }

    /// <summary>Only the lines that match this regular expression.</summary>
    public string? Grep { get; init; }
}

/// <summary>A piece of output. Data is text: bytes that are no UTF-8 are replaced; the exec's log resource has the bytes.</summary>
/// <param name="Seq">From 0, without gap, in the order in which it was written.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
internal sealed record OutputMessage(long Seq, string Stream, string Data, DateTimeOffset Timestamp);

/// <param name="NextSeq">Pass it as after_seq to read on.</param>
/// <param name="Complete">The exec has ended and everything has been delivered.</param>
/// <param name="DroppedBytes">Bytes that the log no longer has (the middle of an output beyond its limit).</param>
/// <param name="RemainingBytes">Bytes that are there but did not fit into this answer.</param>
internal sealed record OutputPage(Exec Exec, IReadOnlyList<OutputMessage> Messages, long NextSeq, bool Complete, long DroppedBytes, long RemainingBytes);

/// <summary>What <c>exec</c> answers: the output of both streams so far, cut in the middle if it is too long.</summary>
/// <param name="TruncatedBytes">Bytes left out of <paramref name="Stdout"/> and <paramref name="Stderr"/>; exec_poll has them (unless dropped).</param>
internal sealed record ExecResult(Exec Exec, string Stdout, string Stderr, long NextSeq, long TruncatedBytes);

internal sealed record ExecPage(IReadOnlyList<Exec> Execs, string? NextCursor);
