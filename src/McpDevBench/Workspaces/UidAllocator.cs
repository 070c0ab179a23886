using System.Collections.Concurrent;
using System.Globalization;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Gives each workspace a user id of its own. An id belongs to a workspace's volumes, which carry it as a label: it is taken for as long as
/// one of them exists, also those of other servers on the engine, or a row names it.
/// </summary>
internal sealed class UidAllocator(
    WorkspaceOptions options, DockerEngine engine, EngineVolumes volumes, WorkspaceDirectory workspaces, KeptFileStore keptFiles,
    MetricCatalogue metrics)
{
    private readonly SemaphoreSlim _taking = new(1, 1);

    /// <summary>Those that neither a volume nor a row has yet.</summary>
    private readonly ConcurrentDictionary<int, bool> _reserved = [];

    /// <summary>Takes ids for new volumes: reserved until <see cref="Release"/>.</summary>
    /// <returns>At least one, at most <paramref name="count"/>.</returns>
    /// <exception cref="RequestException">resource_exhausted: the range has none left.</exception>
    public async Task<IReadOnlyList<int>> TakeAsync(int count, CancellationToken cancellationToken)
    {
        if (!await IsSeparateAsync(cancellationToken))
            return [.. Enumerable.Repeat(WorkspaceUser.Shared, count)];
        await _taking.WaitAsync(cancellationToken);
        try
        {
            var taken = await TakenAsync(cancellationToken);
            Count(taken);
            var (range, found) = (options.UidRange, new List<int>());
            // Two servers that look at the same moment begin at different places.
            var start = Random.Shared.Next(range.Count);
            for (var step = 0; step < range.Count && found.Count < count; step++)
            {
                var uid = range.FirstPair + (2 * ((start + step) % range.Count));
                if (taken.Contains(uid))
                    continue;
                _reserved[uid] = true;
                found.Add(uid);
            }
            return found.Count > 0 ? found : throw Exhausted(range);
        }
        finally
        {
            _taking.Release();
        }
    }

    /// <summary>Updates the gauge of ids in use.</summary>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        if (await IsSeparateAsync(cancellationToken))
            Count(await TakenAsync(cancellationToken));
    }

    /// <summary>A volume or a row has it now, or it is not needed.</summary>
    public void Release(int uid) => _reserved.TryRemove(uid, out _);

    /// <summary>Which new volumes have an id that another workspace's volume has too: another server took it at the same moment.</summary>
    /// <param name="made">Volumes of workspaces, without their home directories', and their ids.</param>
    public async Task<IReadOnlySet<string>> SharedAsync(IReadOnlyDictionary<string, int> made, CancellationToken cancellationToken)
    {
        if (made.Values.All(uid => uid == WorkspaceUser.Shared))
            return new HashSet<string>();
        var all = await volumes.ListAsync(Ownership.Label, cancellationToken);
        return made.Where(ours => all.Any(volume =>
                Ownership.UidOf(volume.Labels) == ours.Value && volume.Name != ours.Key && volume.Name != HomeVolume.NameOf(ours.Key)))
            .Select(ours => ours.Key).ToHashSet();
    }

    /// <summary>Not where Docker maps the users of containers to others: none is a user of the host, and there are 65,536.</summary>
    private async Task<bool> IsSeparateAsync(CancellationToken cancellationToken) =>
        options.UidRange.Last <= ushort.MaxValue || !(await engine.IdentifyAsync(cancellationToken)).MapsUsers;

    private async Task<HashSet<int>> TakenAsync(CancellationToken cancellationToken)
    {
        // First: what is released now has a volume or a row by now.
        var reserved = _reserved.Keys;
        var found = await volumes.ListAsync(Ownership.Label, cancellationToken);
        var taken = found.Select(volume => Ownership.UidOf(volume.Labels)).ToHashSet();
        taken.UnionWith(reserved);
        taken.UnionWith(keptFiles.Uids());
        taken.UnionWith(workspaces.All.Select(workspace => workspace.Uid));
        return taken;
    }

    private void Count(HashSet<int> taken)
    {
        var range = options.UidRange;
        metrics.Containers.UserIdsCounted(taken.Count(uid => uid >= range.First && uid <= range.Last), range.Count);
    }

    private static RequestException Exhausted(UidRange range) => new(
        ErrorCode.ResourceExhausted,
        string.Create(
            CultureInfo.InvariantCulture,
            $"All {range.Count} user ids for workspaces (MCP_WORKSPACE_UID_RANGE={range}) are taken by workspaces and kept files."),
        "Call list_containers with include_stopped=true, and kill a workspace that is not needed, or kept files that are not, with "
            + "delete_files=true; or ask the operator for a larger range.",
        retryable: true) { Rule = "user_ids" };
}
