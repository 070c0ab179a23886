using McpDevBench.Execs;

namespace McpDevBench.Mcp;

/// <summary>How the state of a command is written.</summary>
internal static class ExecWords
{
    public const string Unpause = "Ask the operator to unpause the container (docker unpause).";

    private const string Paused = $"The container is paused, and so is this command. {Unpause}";

    private static readonly string[] _signals =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary><c>background</c>: the command has ended, and processes that it left still run.</summary>
    public static string Status(Exec exec) => exec switch
    {
        { Complete: true } => "finished",
        { Finished: true } => "background",
        { Unsettled: true } => "starting",
        _ => "running",
    };

    /// <summary>What its caller should know; null if there is nothing.</summary>
    /// <param name="isPaused">Its container is paused.</param>
    public static IReadOnlyList<string>? Notes(Exec exec, bool isPaused = false)
    {
        if (exec is { Unsettled: true, Finished: false })
            return [.. exec.Notes, Doubt(isPaused)];
        IReadOnlyList<string> own = isPaused ? [.. exec.Notes, Paused] : exec.Notes;
        if (exec.Background is not { } background)
            return own.Count == 0 ? null : own;
        var (others, one) = (background.Count - background.Named.Count, background.Count == 1);
        var still = one ? "process of this command still runs" : "processes of this command still run";
        var more = others > 0 ? Words.Invariant($" and {others} more") : "";
        return
        [
            .. own,
            Words.Invariant($"{background.Count} {still}: {string.Join("; ", background.Named)}{more}. ")
                + $"exec_poll {exec.Id} reads the output, exec_cancel ends {(one ? "it" : "them")}. "
                + "For a server, use exec_start without &.",
        ];
    }

    private static string Doubt(bool isPaused)
    {
        var (why, first) = isPaused
            ? (", because its container is paused", Unpause)
            : ("", "Poll again.");
        return $"It is not known whether this command started: the workspace has not answered{why}. "
            + $"If it did start, it is ended as soon as the workspace answers. {first}";
    }

    /// <summary>What became of processes that a command had left when it ended by itself.</summary>
    public static string Ended(Exec exec, ExecSurvivors left)
    {
        var processes = Plural.Of(left.Count, "process", "processes");
        var named = string.Join("; ", left.Named);
        return exec.Complete
            ? $"The command had ended before; {processes} that it had left were ended now: {named}."
            : $"The command had ended before; {processes} that it had left are being ended: {named}. Call exec_poll to see when they have.";
    }

    /// <summary>Notes as lines before the output.</summary>
    public static string NoteText(IReadOnlyList<string>? notes) =>
        notes is null ? "" : string.Concat(notes.Select(note => $"\nNote: {note}"));

    /// <summary>Such as <c>SIGKILL (9)</c>.</summary>
    public static string Signal(int number)
    {
        var name = number > 0 && number <= _signals.Length ? $"SIG{_signals[number - 1]}" : "signal";
        return Words.Invariant($"{name} ({number})");
    }

    public static string? Outcome(Exec exec) => exec.Outcome is { } outcome ? Words.Snake(outcome) : null;

    public static string End(string status, string? outcome, int? exitCode, int? signal) => (outcome, exitCode, signal) switch
    {
        (null, _, _) => status,
        (_, { } code, _) => Words.Invariant($"{outcome}, exit code {code}"),
        (_, _, { } number) => $"{outcome}, {Signal(number)}",
        _ => outcome,
    };

    /// <summary>How it ended and how long it took: <c>exited, exit code 0, 1.2 s</c>.</summary>
    public static string End(string status, string? outcome, int? exitCode, int? signal, long? wallMs)
    {
        var end = End(status, outcome, exitCode, signal);
        return wallMs is { } milliseconds ? Words.Invariant($"{end}, {milliseconds / 1000.0:0.0} s") : end;
    }
}
