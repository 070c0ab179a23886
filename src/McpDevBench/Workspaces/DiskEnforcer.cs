using System.Collections.Concurrent;
using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Stops commands that take more disk than allowed, by the operator's policy. A workspace is stopped when it passes its limit, and again
/// when it has grown since; what deletes files there, or only looks, goes on.
/// </summary>
internal sealed partial class DiskEnforcer(
    WorkspaceOptions options, EngineContainers containers, WorkspaceCommands commands, MetricCatalogue metrics, TimeProvider time,
    ILogger<DiskEnforcer> logger)
{
    /// <summary>What a workspace beyond its limit may grow by unpunished: the shell's history, a lock file, a log.</summary>
    private const long SlackBytes = 4 << 20, SlackInodes = 1000;

    /// <summary>Less growth in a second does not fill a disk.</summary>
    private const long MinGrowth = 1 << 20, MinInodeGrowth = 1000;

    /// <summary>An agent that does not stop its commands within it loses its container.</summary>
    private static readonly TimeSpan AgentTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long the disk is watched with one workspace suspended.</summary>
    private static readonly TimeSpan TrialTime = TimeSpan.FromMilliseconds(400);

    private readonly ConcurrentDictionary<WorkspaceId, Held> _held = [];

    /// <summary>Commands were stopped: in which workspace, and why.</summary>
    public event Func<Workspace, string, Task>? Stopped;

    /// <summary>Whether commands run in the workspace.</summary>
    public bool IsBusy(Workspace workspace) => commands.Any(workspace.Container!);

    /// <summary>The workspace no longer runs.</summary>
    public void Forget(WorkspaceId id) => _held.TryRemove(id, out _);

    /// <summary>For the status: a sentence.</summary>
    public string Describe() => options.Disk.Policy switch
    {
        DiskPolicy.Stop => "Commands that go beyond are ended.",
        DiskPolicy.Freeze => "Commands that go beyond are suspended until there is room.",
        _ => "Commands can still write.",
    };

    /// <param name="over">What the workspace has too much of; null for nothing.</param>
    public async Task JudgeAsync(Workspace workspace, DiskReading reading, OverLimit? over)
    {
        _held.TryGetValue(workspace.Id, out var held);
        if (over is null)
        {
            if (_held.TryRemove(workspace.Id, out held))
                await ReleaseAsync(workspace, held, reading.Use);
        }
        else if (held is null)
        {
            LogOver(logger, workspace.Id, over.Sentence);
            await HoldAsync(workspace, over, again: false);
        }
        else if (!held.IsSettled)
        {
            // The first one that began after the stop is what it has to answer for.
            if (reading.StartedAt > held.At)
                _held[workspace.Id] = held with { Use = reading.Use, IsSettled = true };
        }
        else if (reading.Use.Bytes > held.Use.Bytes + SlackBytes || reading.Use.Inodes > held.Use.Inodes + SlackInodes)
        {
            await HoldAsync(workspace, over, again: true);
        }
        else
        {
            var least = new DiskUse(Math.Min(held.Use.Bytes, reading.Use.Bytes), Math.Min(held.Use.Inodes, reading.Use.Inodes));
            _held[workspace.Id] = held with { Use = least };
        }
    }

    /// <summary>
    /// On a disk that is nearly full: stops the workspace that grows fastest. Where none shows any growth and the disk goes on filling,
    /// each is suspended for a moment, to see whether it is the one: a process can hide the files that it has open.
    /// </summary>
    /// <param name="measure">Measures the disk.</param>
    /// <param name="before">The disk's room when the growths were measured.</param>
    public async Task RelieveAsync(IReadOnlyList<DiskGrowth> busy, Func<Task<DiskRoom?>> measure, DiskRoom? before)
    {
        var visible = busy.Where(growth => growth.Bytes >= MinGrowth || growth.Inodes >= MinInodeGrowth).ToList();
        if (visible.MaxBy(growth => (growth.Bytes + (growth.Inodes << 12)) / Math.Max(0.1, growth.Within.TotalSeconds)) is { } fastest)
        {
            await StopAsync(fastest.Workspace, DiskMetrics.HostDisk, Full(before, "this workspace was growing"));
            return;
        }
        foreach (var suspect in busy)
        {
            if (await IsWriterAsync(suspect.Workspace, measure))
            {
                var sentence = Full(before, "it stopped filling while this workspace was suspended");
                await StopAsync(suspect.Workspace, DiskMetrics.HostDisk, sentence);
                return;
            }
        }
    }

    /// <summary>
    /// For a workspace whose files its agent did not count in time, while the disk lost as much as was left to it: stops it if the disk
    /// does not fill without it.
    /// </summary>
    public async Task JudgeUncountedAsync(Workspace workspace, Func<Task<DiskRoom?>> measure)
    {
        if (options.Disk.Policy != DiskPolicy.Warn && await IsWriterAsync(workspace, measure))
            await StopAsync(
                workspace, DiskMetrics.Bytes,
                $"The disk was filled by this workspace, whose files could not be counted in time ({DiskLimits.BytesSetting})");
    }

    /// <summary>Stops the workspace without which a disk that loses more than any measurement shows does not fill.</summary>
    public async Task StopHiddenAsync(IReadOnlyList<Workspace> busy, Func<Task<DiskRoom?>> measure)
    {
        foreach (var suspect in busy)
        {
            // Twice: another program of the host may have stopped writing at the same moment.
            if (!await IsWriterAsync(suspect, measure, trials: 2))
                continue;
            await StopAsync(
                suspect, DiskMetrics.Bytes,
                "The workspace wrote more than it may to files that it hides: the disk stopped filling while it was suspended "
                    + $"({DiskLimits.BytesSetting})");
            return;
        }
    }

    /// <summary>Suspends a workspace for a moment, and leaves it so if the disk stops filling.</summary>
    /// <param name="trials">In each of them the disk has to fill, and to stop filling.</param>
    private async Task<bool> IsWriterAsync(Workspace workspace, Func<Task<DiskRoom?>> measure, int trials = 1)
    {
        var container = workspace.Container!;
        for (var trial = 1; ; trial++)
        {
            var running = await FallAsync(measure);
            if (running < MinGrowth)
                return false;
            var isPaused = false;
            if (await commands.FreezeAsync(container, note: null, AgentTimeout) is null
                && !(isPaused = await containers.PauseAsync(container, CancellationToken.None)))
                return false;
            var isWriter = await FallAsync(measure) < running / 4;
            if (isWriter && trial == trials)
                return true;
            if (isPaused)
                await containers.UnpauseAsync(container, CancellationToken.None);
            else
                await commands.ThawAsync(container, AgentTimeout);
            if (!isWriter)
                return false;
        }
    }

    private static string Full(DiskRoom? room, string why) => string.Create(
        CultureInfo.InvariantCulture, $"The Docker host's disk is nearly full ({room?.FreeBytes >> 20} MiB free), and {why}");

    /// <summary>Bytes that the disk loses in a moment.</summary>
    private async Task<long> FallAsync(Func<Task<DiskRoom?>> measure)
    {
        var before = await measure();
        await Task.Delay(TrialTime, time);
        return (before?.FreeBytes ?? 0) - ((await measure())?.FreeBytes ?? 0);
    }

    private async Task HoldAsync(Workspace workspace, OverLimit over, bool again)
    {
        var frozen = false;
        if (options.Disk.Policy == DiskPolicy.Freeze && !again)
            frozen = await FreezeAsync(workspace, over);
        else if (options.Disk.Policy != DiskPolicy.Warn)
            await StopAsync(workspace, over.Reason, over.Sentence);
        _held[workspace.Id] = new Held(default, time.GetTimestamp(), frozen, IsSettled: false);
    }

    private async Task ReleaseAsync(Workspace workspace, Held held, DiskUse use)
    {
        LogWithin(logger, workspace.Id, use.Bytes, use.Inodes);
        if (held.IsFrozen)
            await commands.ThawAsync(workspace.Container!, AgentTimeout);
    }

    private async Task<bool> FreezeAsync(Workspace workspace, OverLimit over)
    {
        var note = $"Suspended by the server: {Uncapitalized(over.Sentence)}. It goes on by itself once there is room: delete files that "
            + "are not needed with fs_delete, in /workspace and in the home directory. A file that the command itself has open takes its "
            + "room until the command ends; exec_cancel ends it.";
        if (await commands.FreezeAsync(workspace.Container!, note, AgentTimeout) is not { } count)
        {
            await StopAsync(workspace, over.Reason, over.Sentence);
            return false;
        }
        if (count > 0)
            await ReportAsync(workspace, over.Reason, DiskMetrics.Frozen, $"{over.Sentence}; {Plural.Of(count, "command")} suspended");
        return true;
    }

    private async Task StopAsync(Workspace workspace, string reason, string sentence)
    {
        var note = $"Ended by the server: {Uncapitalized(sentence)}; no argument raises that. Delete files that are not needed with "
            + "fs_delete or exec, in /workspace and in the home directory; tools refuse to write until there is room.";
        var count = await commands.EndAsync(workspace.Container!, note, AgentTimeout);
        if (count is null)
        {
            // Its files stay, and its next use starts it again.
            await containers.KillAsync(workspace.Container!, CancellationToken.None);
            await ReportAsync(workspace, reason, DiskMetrics.Killed, $"{sentence}; its agent did not answer, so its container was ended");
        }
        else if (count > 0)
        {
            await ReportAsync(workspace, reason, DiskMetrics.Ended, $"{sentence}; {Plural.Of(count.Value, "command")} ended");
        }
    }

    private Task ReportAsync(Workspace workspace, string reason, string action, string sentence)
    {
        LogStopped(logger, workspace.Id, reason, action, sentence);
        metrics.Disk.Stopped(reason, action);
        return Stopped?.Invoke(workspace, sentence) ?? Task.CompletedTask;
    }

    private static string Uncapitalized(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];

    /// <param name="Use">The least that it held since; nothing before <paramref name="IsSettled"/>.</param>
    /// <param name="At">When it was stopped, as a timestamp.</param>
    private sealed record Held(DiskUse Use, long At, bool IsFrozen, bool IsSettled);

    [LoggerMessage(LogLevel.Warning, "Workspace exceeds its disk limit; tools refuse to write")]
    private static partial void LogOver(ILogger logger, WorkspaceId containerId, string details);

    [LoggerMessage(LogLevel.Information, "Workspace is within its disk limit again")]
    private static partial void LogWithin(ILogger logger, WorkspaceId containerId, long bytes, long inodes);

    [LoggerMessage(LogLevel.Warning, "Commands stopped for their use of the disk")]
    private static partial void LogStopped(ILogger logger, WorkspaceId containerId, string reason, string action, string details);
}
