using System.Globalization;
using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// A sentence about a command that failed for want of space and deleted its files before it ended, so that nothing is full at its end: the
/// limits that it may have reached, and what raises them.
/// </summary>
internal static class NoSpaceNote
{
    /// <summary>The last pieces of output in which the error is looked for.</summary>
    private const int MaxPieces = 64;

    private const ReachedLimits Space = ReachedLimits.Tmp | ReachedLimits.Disk | ReachedLimits.Run | ReachedLimits.SharedMemory;

    // The end of a piece is kept for the next one, so that a text that is in both is found.
    private const int Overlap = 32;

    public static IEnumerable<string> Of(ExecExited exit, OutputLog log, WorkspaceLimits? limits)
    {
        var failed = exit.Code != 0 || exit.Signal > 0 || exit.End != ExecEnd.Exited;
        if (failed && (exit.Details.Limits & Space) == 0 && limits is not null && Reported(log))
            yield return Text(limits.MemoryMb);
    }

    private static string Text(int memoryMb) =>
        "The output reports \"No space left on device\", and nothing is full now that the command has ended. "
        + string.Create(
            CultureInfo.InvariantCulture,
            $"/tmp holds {MemoryFolders.Tmp(memoryMb)} MB, /run {MemoryFolders.Run(memoryMb)} MB "
                + $"and /dev/shm {MemoryFolders.SharedMemoryMb(memoryMb)} MB: ")
        + "set TMPDIR to a directory in /workspace, or spawn a workspace with a larger memory_mb, which makes all three larger. "
        + "/workspace and the home directory are limited by the Docker host's disk, or by the operator's MCP_WORKSPACE_DISK_MB; "
        + "df -h shows what is free.";

    private static bool Reported(OutputLog log)
    {
        var found = false;
        byte[][] ends = [[], []];
        log.Read(Math.Max(-1, log.NextSeq - 1 - MaxPieces), (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            byte[] text = [.. ends[record.Stream - 1], .. content];
            found = text.AsSpan().IndexOf("No space left on device"u8) >= 0 || text.AsSpan().IndexOf("ENOSPC"u8) >= 0;
            ends[record.Stream - 1] = text[^Math.Min(Overlap, text.Length)..];
            return !found;
        });
        return found;
    }
}
