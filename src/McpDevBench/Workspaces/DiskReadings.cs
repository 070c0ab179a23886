using System.Collections.Concurrent;
using McpDevBench.Agents;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>What running workspaces hold on the disk, as their agents last measured it, and the limits.</summary>
internal sealed class DiskReadings(
    WorkspaceOptions options, AgentDirectory agents, EngineVolumes volumes, EngineDisk engineDisk, TimeProvider time)
{
    /// <summary>A larger tree is measured up to here.</summary>
    private const uint MaxEntries = 1_000_000;

    private static readonly string[] _roots = [ContainerSpec.WorkspacePath, ContainerSpec.HomePath];

    private readonly ConcurrentDictionary<WorkspaceId, DiskReading> _readings = [];

    /// <summary>Whether the server measures bytes: a limit is set, and the storage driver does not enforce it.</summary>
    public bool MeasuresBytes => options.Disk.MaxBytes > 0 && volumes.HasQuota != true;

    /// <summary>Whether the storage driver enforces the limit; null until a volume with a limit was created.</summary>
    public bool? HasQuota => volumes.HasQuota;

    /// <summary>0 for no limit that the server has to measure.</summary>
    public long MaxBytes => MeasuresBytes ? options.Disk.MaxBytes : 0;

    public long MaxInodes => options.Disk.MaxInodes;

    public int CountOver => _readings.Values.Count(reading => OverLimitOf(reading) is not null);

    /// <summary>Bytes that all of them held when they were last measured.</summary>
    public long TotalBytes => _readings.Values.Sum(reading => reading.Use.Bytes);

    /// <summary>Bytes that a workspace held when it was last measured; null if it never was.</summary>
    public long? BytesOf(WorkspaceId id) => Find(id)?.Use.Bytes;

    /// <summary>Whether a workspace held more than its limits allow when it was last measured. Only running ones are measured.</summary>
    public bool IsOver(WorkspaceId id) => Find(id) is { } reading && OverLimitOf(reading) is not null;

    public DiskReading? Find(WorkspaceId id) => _readings.GetValueOrDefault(id);

    /// <returns>What the workspace has too much of; null for nothing.</returns>
    public OverLimit? OverLimitOf(DiskReading reading) => OverLimit.Of(reading.Use, MaxBytes, MaxInodes);

    /// <summary>Forgets what no longer runs.</summary>
    /// <returns>What was forgotten.</returns>
    public IReadOnlyList<WorkspaceId> Keep(IEnumerable<WorkspaceId> running)
    {
        var forgotten = _readings.Keys.Except(running).ToList();
        forgotten.ForEach(id => _readings.TryRemove(id, out _));
        return forgotten;
    }

    /// <returns>Null without an answer in time.</returns>
    public async Task<DiskReading?> MeasureAsync(Workspace workspace, TimeSpan timeout)
    {
        var (started, room) = (time.GetTimestamp(), engineDisk.Room);
        var maxEntries = MaxInodes > 0 ? (uint)Math.Min(4L * MaxInodes, uint.MaxValue) : MaxEntries;
        if (await agents.DiskUseAsync(workspace.Container!, _roots, maxEntries, timeout) is not { } use)
            return null;
        var measured = new DiskReading(use, started, time.GetTimestamp(), time.GetElapsedTime(started), room);
        // One that began earlier may end later, and knows less.
        return _readings.AddOrUpdate(workspace.Id, measured, (_, present) => present.StartedAt > started ? present : measured);
    }
}
