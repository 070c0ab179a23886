using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>From what the agent sends of a command's end to what is kept of it. What cannot be is not believed.</summary>
internal static class ExecEnding
{
    /// <summary>Characters of a process's name.</summary>
    private const int MaxName = 80;

    /// <param name="exit">How it ended; null if its workspace was lost, or it never began.</param>
    /// <param name="limits">The workspace's; null if it is gone.</param>
    /// <returns>The exec as it ended, and how long it ran.</returns>
    public static (Exec Exec, TimeSpan Wall) Of(
        Exec exec, ExecExited? exit, OutputLog log, DateTimeOffset now, WorkspaceLimits? limits, ExecOptions options)
    {
        var elapsed = now > exec.StartedAt ? now - exec.StartedAt : TimeSpan.Zero;
        var wall = exit is null ? elapsed : TimeSpan.FromMicroseconds(
            Math.Clamp(exit.WallMicroseconds, 0, (long)elapsed.TotalMicroseconds));
        var ended = exec with
        {
            EndedAt = now,
            Outcome = OutcomeOf(exec, exit),
            ExitCode = exit is { End: ExecEnd.Exited } or { Signal: 0, End: ExecEnd.OutOfMemory } ? exit.Code : null,
            Signal = exit is { Signal: > 0 } ? exit.Signal : null,
            Usage = UsageOf(exit, wall, log),
            Notes = exit is null
                ? LostNotes(exec, limits)
                : [.. ExecNotes.Of(exec, exit, limits, options), .. NoSpaceNote.Of(exit, log, limits)],
        };
        return (exit is null ? ended : WithShell(ended, exit.Details.Shell), wall);
    }

    private static IReadOnlyList<string> LostNotes(Exec exec, WorkspaceLimits? limits) => exec.NeverBegan || limits is null
        ? exec.Notes
        : [.. exec.Notes, "The workspace's container ended. The files are there; the next call starts the container again."];

    /// <summary>The command as the shell runs it that the agent found.</summary>
    public static Exec WithShell(Exec exec, string shell) => shell is "bash" or "sh" && exec.Command is [_, "-c", _]
        ? exec with { Shell = shell, Command = [shell, .. exec.Command.Skip(1)] }
        : exec;

    public static ExecSurvivors Survivors(ExecBackground background) =>
        new(background.Count, [.. background.Processes.Select(process => $"{process.Pid} {Clean(process.Name)}".TrimEnd())]);

    /// <summary>It had ended before; now the last of its processes has too.</summary>
    public static Exec Drained(Exec exec, OutputLog log, DateTimeOffset now) => exec with
    {
        Background = null,
        DrainedAt = now,
        Usage = exec.Usage is { } usage ? usage with { StdoutBytes = log.StdoutBytes, StderrBytes = log.StderrBytes } : null,
    };

    private static ExecUsage UsageOf(ExecExited? exit, TimeSpan wall, OutputLog log) =>
        new((long)wall.TotalMilliseconds, (exit?.CpuMicroseconds ?? 0) / 1000, exit?.MaxRssBytes ?? 0, log.StdoutBytes, log.StderrBytes);

    private static string Clean(string name) => new([.. name.Take(MaxName).Select(c => char.IsControl(c) ? ' ' : c)]);

    private static ExecOutcome OutcomeOf(Exec exec, ExecExited? exit) => exit?.End switch
    {
        null => exec.NeverBegan ? ExecOutcome.NotStarted : ExecOutcome.WorkspaceLost,
        ExecEnd.Signaled => ExecOutcome.Signaled,
        ExecEnd.TimedOut => ExecOutcome.TimedOut,
        ExecEnd.Cancelled => ExecOutcome.Cancelled,
        ExecEnd.OutOfMemory => ExecOutcome.OutOfMemory,
        _ => ExecOutcome.Exited,
    };
}
