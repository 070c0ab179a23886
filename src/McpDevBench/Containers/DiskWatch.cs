using System.Collections.Concurrent;
using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Containers;

/// <summary>
/// Holds workspaces to their disk limit where the storage driver does not: measures what they hold, warns, and refuses writes through the
/// tools beyond the limit. Commands can still write; nothing here can stop them.
/// </summary>
internal sealed partial class DiskWatch(
    ContainerOptions options, WorkspaceDirectory workspaces, AgentDirectory agents, EngineVolumes volumes, MetricCatalogue metrics,
    TimeProvider time, ILogger<DiskWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5),
        Timeout = TimeSpan.FromSeconds(20);
    private static readonly string[] Roots = [ContainerSpec.WorkspacePath, ContainerSpec.HomePath];

    /// <summary>A larger tree is measured up to here.</summary>
    private const uint MaxEntries = 1_000_000;

    /// <summary>Measuring a workspace takes at most this share of the time.</summary>
    private const int MaxShare = 20;

    private readonly ConcurrentDictionary<ContainerId, Reading> _readings = [];
    private readonly KeyedLock _measuring = new();

    /// <summary>Whether the server measures: a limit is set, and the storage driver does not enforce it.</summary>
    public bool Measures => options.MaxDiskBytes > 0 && volumes.HasQuota != true;

    /// <summary>Bytes that a workspace held when it was last measured; null if it never was.</summary>
    public long? BytesOf(ContainerId id) => _readings.TryGetValue(id, out var reading) ? reading.Bytes : null;

    /// <summary>Refuses a write to a workspace beyond its limit, by a measurement that began after the write was asked for: what was
    /// deleted before it counts.</summary>
    /// <exception cref="RefusalException">resource_exhausted.</exception>
    public async Task RequireRoomAsync(Workspace workspace)
    {
        if (!Measures || BytesOf(workspace.Id) is not { } known || known <= options.MaxDiskBytes)
            return;
        await MeasureSinceAsync(workspace, time.GetTimestamp());
        if (BytesOf(workspace.Id) is { } bytes && bytes > options.MaxDiskBytes)
            throw new RefusalException(
                RefusalCode.ResourceExhausted, string.Create(CultureInfo.InvariantCulture,
                    $"The workspace's files take {bytes >> 20} MiB of disk; "
                        + $"{options.MaxDiskBytes >> 20} MiB are allowed (MCP_WORKSPACE_DISK_MB)."),
                "Delete files that are not needed with fs_delete or exec, in /workspace and in the home directory; then call again.",
                retryable: true) { Rule = "disk" };
    }

    /// <summary>How the limit is kept on this Docker host.</summary>
    public Health Describe()
    {
        if (options.MaxDiskBytes == 0)
            return new Health(true, "Workspaces have no disk limit (MCP_WORKSPACE_DISK_MB=0).");
        var limit = string.Create(CultureInfo.InvariantCulture, $"{options.MaxDiskBytes >> 20} MiB");
        if (volumes.HasQuota == true)
            return new Health(true, $"The storage driver limits each volume of a workspace to {limit}.");
        var over = _readings.Values.Count(reading => reading.Bytes > options.MaxDiskBytes);
        var note = $"The storage driver has no quotas: usage is measured, and tools refuse to write beyond {limit} a workspace. "
            + "Commands can still write.";
        return over == 0
            ? new Health(true, note)
            : new Health(false, $"{Plural.Of(over, "workspace holds", "workspaces hold")} more than {limit}. {note}");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Usage.DiskLimited(options.MaxDiskBytes);
        if (options.MaxDiskBytes == 0)
            return;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var running = workspaces.All.Where(workspace => workspace.Status == ContainerStatus.Running).ToList();
            foreach (var id in _readings.Keys.Except(running.Select(workspace => workspace.Id)))
                _readings.TryRemove(id, out _);
            // One after another: measuring reads every directory, and all workspaces share the host's disk.
            foreach (var workspace in running.Where(IsDue))
                await MeasureAsync(workspace);
        }
    }

    private bool IsDue(Workspace workspace) =>
        !_readings.TryGetValue(workspace.Id, out var reading) || time.GetElapsedTime(reading.MeasuredAt) >= MaxShare * reading.Took;

    /// <summary>Calls that wait for the same workspace share a measurement.</summary>
    private async Task MeasureSinceAsync(Workspace workspace, long asked)
    {
        using var turn = await _measuring.LockAsync(workspace.Id.ToString(), CancellationToken.None);
        if (!_readings.TryGetValue(workspace.Id, out var reading) || reading.StartedAt < asked)
            await MeasureAsync(workspace);
    }

    private async Task MeasureAsync(Workspace workspace)
    {
        var started = time.GetTimestamp();
        if (await agents.DiskUseAsync(workspace.DockerId!, Roots, MaxEntries, Timeout) is not { } bytes)
            return;
        var before = BytesOf(workspace.Id) ?? 0;
        var measured = new Reading(bytes, started, time.GetTimestamp(), time.GetElapsedTime(started));
        // One that began earlier may end later, and knows less.
        _readings.AddOrUpdate(workspace.Id, measured, (_, present) => present.StartedAt > started ? present : measured);
        if (Measures && bytes > options.MaxDiskBytes && before <= options.MaxDiskBytes)
            LogOver(logger, workspace.Id, bytes, options.MaxDiskBytes);
        else if (bytes <= options.MaxDiskBytes && before > options.MaxDiskBytes)
            LogWithin(logger, workspace.Id, bytes, options.MaxDiskBytes);
    }

    /// <param name="StartedAt">A timestamp of the time provider, as <paramref name="MeasuredAt"/>.</param>
    private sealed record Reading(long Bytes, long StartedAt, long MeasuredAt, TimeSpan Took);

    [LoggerMessage(LogLevel.Warning, "Workspace exceeds its disk limit; tools refuse to write")]
    private static partial void LogOver(ILogger logger, ContainerId containerId, long bytes, long limitBytes);

    [LoggerMessage(LogLevel.Information, "Workspace is within its disk limit again")]
    private static partial void LogWithin(ILogger logger, ContainerId containerId, long bytes, long limitBytes);
}
