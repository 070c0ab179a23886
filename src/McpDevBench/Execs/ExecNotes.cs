using System.Globalization;
using McpDevBench.AgentProtocol;
using McpDevBench.Containers;

namespace McpDevBench.Execs;

/// <summary>
/// Sentences about the end of a command, for its caller: which limit was reached and what to raise. Only what is certain.
/// </summary>
internal static class ExecNotes
{
    /// <summary>
    /// The exit code of a program that wrote to a pipe whose reader had enough: <c>head</c> does that to what is before it.
    /// </summary>
    private const byte BrokenPipe = 128 + 13;

    /// <param name="limits">The workspace's; null if it is gone.</param>
    public static IReadOnlyList<string> Of(ExecExited exit, TimeSpan? timeout, WorkspaceLimits? limits, ExecOptions options)
    {
        var notes = new List<string>();
        if (exit.End == ExecEnd.TimedOut)
            notes.Add(TimedOut(timeout, options));
        var reached = exit.Details.Limits;
        if (exit.End == ExecEnd.OutOfMemory || reached.HasFlag(ReachedLimits.Memory))
            notes.Add($"The kernel killed a process because the workspace reached its memory limit{Text(limits?.MemoryMb, " MB")}. "
                + "Use less memory, or spawn a workspace with a larger memory_mb.");
        if (reached.HasFlag(ReachedLimits.Processes))
            notes.Add($"A process could not be started: the workspace reached its limit on processes and threads{Text(limits?.Pids, "")}. "
                + "Run fewer at once; list_execs shows what runs, exec_cancel ends it.");
        if (reached.HasFlag(ReachedLimits.Disk))
            notes.Add("The disk of /workspace was full at the end. Delete files that are not needed.");
        if (reached.HasFlag(ReachedLimits.Tmp))
            notes.Add("/tmp was full at the end. Delete files there, or set TMPDIR to a directory in /workspace.");
        if (PipeOf(exit.Details.PipeCodes) is { } pipe)
            notes.Add(pipe);
        return notes;
    }

    /// <summary>What to do when a command could not even be started.</summary>
    public static string AtLimits(WorkspaceLimits limits) => string.Create(
        CultureInfo.InvariantCulture,
        $"The workspace may have {limits.Pids} processes and threads and {limits.MemoryMb} MB of memory. ")
        + "list_execs shows what runs, exec_cancel ends it; a workspace spawned with a larger memory_mb has more memory.";

    private static string TimedOut(TimeSpan? timeout, ExecOptions options)
    {
        var limit = timeout is { } known ? string.Create(CultureInfo.InvariantCulture, $" of {known.TotalSeconds:0} s (timeout_s)") : "";
        return timeout is null || timeout < options.LongestTimeout
            ? $"Ended by its time limit{limit}. Pass a larger timeout_s, at most {Seconds(options.LongestTimeout)}; "
                + $"exec_start has {StartLimit(options)}."
            : $"Ended by its time limit{limit}, the largest that this server allows. Split the work.";
    }

    private static string StartLimit(ExecOptions options) =>
        options.DefaultStartTimeout is { } limit ? $"a limit of {Seconds(limit)} s by default" : "no time limit by default";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    private static string Text(int? limit, string unit) =>
        limit is { } known ? string.Create(CultureInfo.InvariantCulture, $" of {known}{unit}") : "";

    private static string? PipeOf(IReadOnlyList<byte> codes)
    {
        if (codes.Count < 2 || codes.SkipLast(1).All(code => code is 0 or BrokenPipe))
            return null;
        return $"An earlier command of the last pipe failed: exit codes {string.Join(" | ", codes)}. "
            + "The exit code of a pipe is that of its last command; set -o pipefail changes that.";
    }
}
