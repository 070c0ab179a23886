using System.Collections.Concurrent;
using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Holds workspaces to their limits of disk and files where the storage driver does not: measures what they hold, every few seconds and
/// whenever the disk has lost about as much as was left to one of them; has commands stopped beyond the limit; refuses writes through the
/// tools there.
/// </summary>
internal sealed partial class DiskWatch(
    WorkspaceOptions options, WorkspaceDirectory workspaces, DiskReadings readings, EngineDisk engineDisk, DiskEnforcer enforcer,
    MetricCatalogue metrics, TimeProvider time, ILogger<DiskWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200), Interval = TimeSpan.FromSeconds(5),
        ReliefInterval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(20), HurriedTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Measuring a workspace takes at most one part in so many of the time; of one that may be over its limit, one in a few.
    /// </summary>
    private const int MaxShare = 20, MaxHurriedShare = 3;

    /// <summary>Measurements at the same time: all workspaces share the host's disk. What may be over its limit does not wait.</summary>
    private readonly SemaphoreSlim _places = new(2);

    private readonly ConcurrentDictionary<WorkspaceId, bool> _underWay = [];
    private readonly KeyedLock _measuring = new();
    private readonly UnexplainedLoss _loss = new();
    private long _relievedAt;

    /// <summary>Refuses a write to a workspace beyond its limit, by a measurement that began after the write was asked for: what was
    /// deleted before it counts.</summary>
    /// <exception cref="RequestException">resource_exhausted.</exception>
    public async Task RequireRoomAsync(Workspace workspace)
    {
        engineDisk.Require();
        if (await IsBeyondAsync(workspace, use => OverLimit.Of(use, readings.MaxBytes, readings.MaxInodes)) is { } over)
            throw Exhausted($"{over.Sentence}.", "with fs_delete or exec, ");
    }

    /// <summary>
    /// Refuses a command in a workspace far beyond its limit: commands that are stopped again and again would fill the disk all
    /// the same.
    /// </summary>
    /// <exception cref="RequestException">resource_exhausted.</exception>
    public async Task RequireRoomForCommandAsync(Workspace workspace)
    {
        if (options.Disk.Policy == DiskPolicy.Warn)
            return;
        var (bytes, inodes) = (readings.MaxBytes, readings.MaxInodes);
        var (farBytes, farInodes) = (OverLimit.Far(bytes, 1L << 30), OverLimit.Far(inodes, 10_000));
        if (await IsBeyondAsync(workspace, use => OverLimit.Of(use, farBytes, farInodes)) is not null
            && readings.Find(workspace.Id) is { } reading && readings.OverLimitOf(reading) is { } over)
            throw Exhausted($"{over.Sentence}. So far beyond the limit no command is started.", "with fs_delete, ");
    }

    /// <summary>How the limit is kept on this Docker host.</summary>
    public Health Describe()
    {
        if (options.Disk is { MaxBytes: 0, MaxInodes: 0 })
            return new Health(true, $"Workspaces have no disk limit ({DiskLimits.BytesSetting}=0, {DiskLimits.InodesSetting}=0).");
        var limit = string.Create(CultureInfo.InvariantCulture, $"{options.Disk.MaxBytes >> 20} MiB");
        var files = options.Disk.MaxInodes > 0
            ? $" A workspace may have {Plural.Of(options.Disk.MaxInodes, "file")}." : "";
        var over = readings.CountOver;
        var note = readings.HasQuota == true
            ? $"The storage driver limits each volume of a workspace to {limit}.{files}"
            : $"The storage driver has no quotas: usage is measured, and tools refuse to write beyond {limit} a workspace.{files} "
                + enforcer.Describe();
        if (over == 0)
            return new Health(true, note);
        var allowed = readings.MeasuresBytes ? limit : "allowed";
        return new Health(false, $"{Plural.Of(over, "workspace holds", "workspaces hold")} more than {allowed}. {note}");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Usage.DiskLimited(options.Disk.MaxBytes);
        using var timer = new PeriodicTimer(LookInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync();
            }
            catch (Exception e)
            {
                LogFailed(logger, e);
            }
        }
    }

    private async Task LookAsync()
    {
        var running = Running().ToList();
        foreach (var id in readings.Keep(running.Select(workspace => workspace.Id)))
            enforcer.Forget(id);
        await engineDisk.MeasureAsync(running.Select(workspace => workspace.Container!));
        metrics.Disk.Over(readings.CountOver);
        if (options.Disk is { MaxBytes: 0, MaxInodes: 0 } && !engineDisk.IsLow)
            return;
        foreach (var workspace in running)
        {
            if (MayBeOver(workspace))
                _ = MeasureInBackgroundAsync(workspace, hurried: true);
            else if (IsDue(workspace))
                _ = MeasureInBackgroundAsync(workspace, hurried: false);
        }
        if (readings.MeasuresBytes && options.Disk.Policy != DiskPolicy.Warn && LossAt(engineDisk.Room) >= readings.MaxBytes)
            await FindHiddenAsync(running);
        if (engineDisk.IsLow && options.Disk.Policy != DiskPolicy.Warn && time.GetElapsedTime(_relievedAt) >= ReliefInterval)
        {
            await RelieveAsync(running);
            _relievedAt = time.GetTimestamp();
        }
    }

    private bool MayBeOver(Workspace workspace) =>
        readings.Find(workspace.Id) is { } reading
            && enforcer.IsBusy(workspace)
            && time.GetElapsedTime(reading.EndedAt) >= MaxHurriedShare * reading.Took
            && reading.MayBeOver(engineDisk.Room, readings.MaxBytes, readings.MaxInodes);

    private bool IsDue(Workspace workspace) =>
        readings.Find(workspace.Id) is not { } reading
            || (time.GetElapsedTime(reading.EndedAt) is var since && since >= Interval && since >= MaxShare * reading.Took);

    private long LossAt(DiskRoom? room) =>
        room is { } known ? _loss.Update(known.FreeBytes, readings.TotalBytes) : 0;

    /// <summary>The disk lost as much as a workspace may hold, and none shows it: looks for the one that hides it.</summary>
    private async Task FindHiddenAsync(List<Workspace> running)
    {
        var room = engineDisk.Room;
        await Task.WhenAll(running.Select(workspace => readings.MeasureAsync(workspace, HurriedTimeout)));
        if (LossAt(room) < readings.MaxBytes)
            return;
        await enforcer.StopHiddenAsync([.. running.Where(enforcer.IsBusy)], MeasureDiskAsync);
        // Another program of the host wrote it: looking again would not help.
        _loss.Reset();
    }

    /// <summary>Of those that grow on a disk that is nearly full, the one that grows fastest is stopped first.</summary>
    private async Task RelieveAsync(List<Workspace> running)
    {
        var busy = running.Where(workspace => enforcer.IsBusy(workspace)).ToList();
        var growths = await Task.WhenAll(busy.Select(GrowthAsync));
        var room = engineDisk.Room;
        await enforcer.RelieveAsync(growths, MeasureDiskAsync, room);
    }

    private async Task<DiskRoom?> MeasureDiskAsync()
    {
        await engineDisk.MeasureAsync(Running().Select(workspace => workspace.Container!));
        return engineDisk.Room;
    }

    private IEnumerable<Workspace> Running() =>
        workspaces.All.Where(workspace => workspace.Status == WorkspaceStatus.Running).OrderBy(workspace => workspace.CreatedAt);

    /// <summary>None for what could not be measured, or never was before.</summary>
    private async Task<DiskGrowth> GrowthAsync(Workspace workspace)
    {
        var before = readings.Find(workspace.Id);
        return await readings.MeasureAsync(workspace, HurriedTimeout) is { } after
            && before is not null && after.StartedAt > before.StartedAt
            ? new DiskGrowth(
                workspace, after.Use.Bytes - before.Use.Bytes, after.Use.Inodes - before.Use.Inodes,
                time.GetElapsedTime(before.StartedAt, after.StartedAt))
            : new DiskGrowth(workspace, 0, 0, TimeSpan.Zero);
    }

    /// <returns>In what way the workspace is beyond, by a measurement from now on; null if it is not.</returns>
    private async Task<OverLimit?> IsBeyondAsync(Workspace workspace, Func<DiskUse, OverLimit?> limit)
    {
        if (readings.Find(workspace.Id) is not { } known || limit(known.Use) is null)
            return null;
        var asked = time.GetTimestamp();
        // Calls that wait for the same workspace share a measurement.
        using var turn = await _measuring.LockAsync(workspace.Id.ToString(), CancellationToken.None);
        if (readings.Find(workspace.Id) is not { } reading || reading.StartedAt < asked)
            await readings.MeasureAsync(workspace, Timeout);
        return readings.Find(workspace.Id) is { } latest ? limit(latest.Use) : null;
    }

    private async Task MeasureInBackgroundAsync(Workspace workspace, bool hurried)
    {
        if (!_underWay.TryAdd(workspace.Id, hurried))
            return;
        try
        {
            if (!hurried)
                await _places.WaitAsync();
            try
            {
                if (await readings.MeasureAsync(workspace, hurried ? HurriedTimeout : Timeout) is { } reading)
                    await enforcer.JudgeAsync(workspace, reading, readings.OverLimitOf(reading));
                else if (hurried)
                    await enforcer.JudgeUncountedAsync(workspace, MeasureDiskAsync);
            }
            finally
            {
                if (!hurried)
                    _places.Release();
            }
        }
        catch (Exception e)
        {
            LogFailed(logger, e);
        }
        finally
        {
            _underWay.TryRemove(workspace.Id, out _);
        }
    }

    private static RequestException Exhausted(string message, string how) => new(
        ErrorCode.ResourceExhausted, message,
        $"Delete files that are not needed {how}in /workspace and in the home directory; then call again.",
        retryable: true) { Rule = "disk" };

    [LoggerMessage(LogLevel.Error, "Measuring the disk of workspaces failed")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
