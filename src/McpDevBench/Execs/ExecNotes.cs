using System.Globalization;
using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Sentences about the end of a command, for its caller: which limit was reached and what to raise. Only what is certain.
/// </summary>
internal static class ExecNotes
{
    private const int MaxPipes = 5;

    /// <summary>Of a script with <c>&amp;</c> in a terminal: the kernel hangs up on what it leaves.</summary>
    public const string EndsWithTerminal = "With pty=true, what a command leaves in the background with & gets SIGHUP when the command "
        + "ends, and only what ignores it (nohup) or has a session of its own (setsid) runs on. For a server use exec_start without &, "
        + "or leave out pty.";

    /// <param name="limits">The workspace's; null if it is gone.</param>
    public static IReadOnlyList<string> Of(Exec exec, ExecExited exit, WorkspaceLimits? limits, ExecOptions options)
    {
        var notes = new List<string>(exec.Notes);
        if (exit.End == ExecEnd.TimedOut)
            notes.Add(TimedOut(exec.Timeout, options));
        var reached = exit.Details.Limits;
        if (exit.End == ExecEnd.OutOfMemory || reached.HasFlag(ReachedLimits.Memory))
            notes.Add($"The kernel killed a process because the workspace reached its memory limit{Text(limits?.MemoryMb, " MB")}. "
                + "Use less memory, or spawn a workspace with a larger memory_mb.");
        if (reached.HasFlag(ReachedLimits.Processes))
            notes.Add("A process could not be started: the workspace reached its limit on processes and threads"
                + $"{Text(limits?.Pids, "")} (the operator's MCP_CONTAINER_PID_LIMIT; no argument raises it). "
                + "Run fewer at once; list_execs shows what runs, exec_cancel ends it.");
        if (reached.HasFlag(ReachedLimits.Disk))
            notes.Add("The disk of /workspace was full at the end. Its size is the Docker host's, or what the operator allows with "
                + "MCP_WORKSPACE_DISK_MB; no argument raises it. Delete files that are not needed; df -h /workspace shows its size.");
        notes.AddRange(FullFolders(reached, limits?.MemoryMb));
        if (exec.Command is [_, _, var script, ..])
            notes.AddRange(PipesOf(PipeScript.Failures(script, exit.Details.Report)));
        return notes;
    }

    /// <summary>What to do when a command could not even be started.</summary>
    public static string AtLimits(WorkspaceLimits limits) => string.Create(
        CultureInfo.InvariantCulture,
        $"The workspace may have {limits.Pids} processes and threads and {limits.MemoryMb} MB of memory. ")
        + "list_execs shows what runs, exec_cancel ends it; a workspace spawned with a larger memory_mb has more memory.";

    /// <summary>Folders in memory that were full.</summary>
    private static IEnumerable<string> FullFolders(ReachedLimits reached, int? memoryMb)
    {
        if (reached.HasFlag(ReachedLimits.Tmp))
            yield return $"/tmp was full at the end. It holds {Size(MemoryFolders.Tmp)}half of the workspace's memory. "
                + "Delete files there, set TMPDIR to a directory in /workspace, or spawn a workspace with a larger memory_mb.";
        if (reached.HasFlag(ReachedLimits.Run))
            yield return $"/run was full at the end. It holds {Size(MemoryFolders.Run)}a sixteenth of the workspace's memory. "
                + "Delete files there, write them to /workspace or /tmp, or spawn a workspace with a larger memory_mb.";
        if (reached.HasFlag(ReachedLimits.SharedMemory))
            yield return $"/dev/shm was full at the end. It holds {Size(mb => MemoryFolders.SharedMemoryMb((int)mb))}"
                + "an eighth of the workspace's memory and at most 64 MB. Delete files there, or use /tmp instead.";

        string Size(Func<long, long> of) => memoryMb is { } mb ? string.Create(CultureInfo.InvariantCulture, $"{of(mb)} MB, ") : "";
    }

    private static string TimedOut(TimeSpan? timeout, ExecOptions options)
    {
        var limit = timeout is { } known ? string.Create(CultureInfo.InvariantCulture, $" of {known.TotalSeconds:0} s (timeout_s)") : "";
        return timeout is null || timeout < options.MaxTimeout
            ? $"Ended by its time limit{limit}. Pass a larger timeout_s, at most {Seconds(options.MaxTimeout)}; "
                + $"exec_start has {StartLimit(options)}."
            : $"Ended by its time limit{limit}, the largest that this server allows. Split the work.";
    }

    private static string StartLimit(ExecOptions options) =>
        options.DefaultStartTimeout is { } limit ? $"a limit of {Seconds(limit)} s by default" : "no time limit by default";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    private static string Text(int? limit, string unit) =>
        limit is { } known ? string.Create(CultureInfo.InvariantCulture, $" of {known}{unit}") : "";

    private static IEnumerable<string> PipesOf(IReadOnlyList<(ScriptPipe Pipe, IReadOnlyList<byte> Codes)> failures)
    {
        if (failures.Count == 0)
            yield break;
        var shown = failures.Take(MaxPipes).Select(failure => string.Create(
            CultureInfo.InvariantCulture,
            $"line {failure.Pipe.Line}, {failure.Pipe.Text}: exit codes {string.Join(" | ", failure.Codes)}"));
        var more = failures.Count > MaxPipes ? $"; and {Plural.Of(failures.Count - MaxPipes, "more pipe")}" : "";
        yield return $"A pipe ended with 0 although an earlier command of it failed: {string.Join("; ", shown)}{more}. "
            + "The exit code of a pipe is that of its last command; with set -o pipefail it is that of the one that failed.";
    }
}
