using System.Collections.Concurrent;
using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Fresh volumes, each of a user of its own. Creating them takes a while, which several share: they are made ahead of the spawns that need
/// them.
/// </summary>
internal sealed partial class VolumePool(
    WorkspaceOptions options, EngineVolumes volumes, UidAllocator uids, Ownership ownership, ILogger<VolumePool> logger)
{
    private const string TransientPrefix = "mcpdevbench_transient_";

    /// <summary>How many one round makes, and at how many left the next round begins.</summary>
    private const int Batch = 8, Low = 4;

    private readonly ConcurrentQueue<string> _ready = [];
    private readonly SemaphoreSlim _making = new(1, 1);

    /// <summary>
    /// Volumes of workspaces that are waiting, or being made, and their users; each has one for its home directory.
    /// </summary>
    public ConcurrentDictionary<string, int> Names { get; } = [];

    /// <summary>A volume for a workspace that is not persistent: one that is ready, or else after making some.</summary>
    /// <param name="imageId">Any image on the engine: a container that is never started needs one.</param>
    public async Task<(string Name, int Uid)> TakeAsync(string imageId, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_ready.TryDequeue(out var name))
            {
                if (_ready.Count < Low)
                    _ = RefillAsync(imageId);
                return (name, Names[name]);
            }
            await _making.WaitAsync(cancellationToken);
            try
            {
                if (_ready.IsEmpty)
                    await MakeAsync(imageId, cancellationToken);
            }
            finally
            {
                _making.Release();
            }
        }
    }

    /// <summary>A user for a volume that is not of the pool. If there is none left, those in the pool make room.</summary>
    /// <exception cref="RequestException">resource_exhausted.</exception>
    public async Task<int> TakeUidAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await uids.TakeAsync(1, cancellationToken))[0];
        }
        catch (RequestException e) when (e.Code == ErrorCode.ResourceExhausted && !_ready.IsEmpty)
        {
            await EmptyAsync(cancellationToken);
            return (await uids.TakeAsync(1, cancellationToken))[0];
        }
    }

    /// <summary>The volume of a persistent workspace, and the one for its home directory, with labels that name their owner.</summary>
    public Task MakeAsync(string imageId, Workspace workspace, CancellationToken cancellationToken) =>
        HandOverAsync(
            imageId, WithHomes([workspace.VolumeName]), _ => workspace.Uid, name => ownership.VolumeLabels(name, workspace),
            cancellationToken);

    /// <summary>Whether a volume is on the Docker host.</summary>
    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        (await volumes.ListAsync(Ownership.Label, cancellationToken)).Any(volume => volume.Name == name);

    /// <returns>The names of all volumes of workspaces on the Docker host; null if Docker does not answer.</returns>
    public async Task<HashSet<string>?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await volumes.ListAsync(Ownership.Label, cancellationToken)).Select(volume => volume.Name)];
        }
        catch (RequestException)
        {
            return null;
        }
    }

    /// <summary>Which of a workspace's two volumes are on the Docker host.</summary>
    public async Task<VolumesLeft> FindLeftAsync(string name, CancellationToken cancellationToken)
    {
        var found = (await volumes.ListAsync(Ownership.Label, cancellationToken)).Select(volume => volume.Name).ToHashSet();
        return new(found.Contains(name), found.Contains(HomeVolume.NameOf(name)));
    }

    /// <summary>Makes the volume of kept files anew, empty, beside the home directory that is left.</summary>
    public Task RemakeAsync(string imageId, KeptFiles kept, CancellationToken cancellationToken) =>
        HandOverAsync(imageId, [kept.Volume], _ => kept.Uid, _ => ownership.VolumeLabels(kept), cancellationToken);

    /// <summary>Makes the home directory's volume of a workspace that was made before there was one, or that has lost it.</summary>
    public async Task EnsureHomeAsync(string imageId, string name, int uid, CancellationToken cancellationToken)
    {
        var home = HomeVolume.NameOf(name);
        if (!await ExistsAsync(home, cancellationToken))
            await HandOverAsync(imageId, [home], _ => uid, _ => ownership.VolumeLabels(home, uid), cancellationToken);
    }

    /// <summary>
    /// Which of a workspace's two volumes no server has made: Docker makes one that is missing without a word, without labels and for root.
    /// Asked when a container holds them, so that they cannot be removed any more.
    /// </summary>
    public async Task<IReadOnlyList<string>> LostAsync(string name, CancellationToken cancellationToken)
    {
        var made = (await volumes.ListAsync(Ownership.Label, cancellationToken)).Select(volume => volume.Name).ToHashSet();
        return [.. WithHomes([name]).Where(volume => !made.Contains(volume))];
    }

    /// <summary>Makes volumes anew that were removed past the server, in place of what Docker has made of them.</summary>
    public async Task RemakeAsync(string imageId, Workspace workspace, IReadOnlyList<string> lost, CancellationToken cancellationToken)
    {
        foreach (var name in lost)
            await volumes.RemoveAsync(name, cancellationToken);
        await HandOverAsync(
            imageId, [.. lost], _ => workspace.Uid,
            name => workspace.Persistent ? ownership.VolumeLabels(name, workspace) : ownership.VolumeLabels(name, workspace.Uid),
            cancellationToken);
    }

    /// <summary>Removes a workspace's volume and that of its home directory.</summary>
    /// <returns>False: in use. One that is gone is fine.</returns>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken) =>
        await volumes.RemoveAsync(HomeVolume.NameOf(name), cancellationToken) && await volumes.RemoveAsync(name, cancellationToken);

    /// <summary>The spawn came to nothing before it used it.</summary>
    public void GiveBack(string name, int uid)
    {
        uids.Release(uid);
        if (Names.ContainsKey(name))
            _ready.Enqueue(name);
    }

    /// <summary>It belongs to a workspace now.</summary>
    public void Forget(string name, int uid)
    {
        uids.Release(uid);
        Names.TryRemove(name, out _);
    }

    /// <summary>Removes the volumes that wait.</summary>
    public async Task EmptyAsync(CancellationToken cancellationToken)
    {
        await _making.WaitAsync(cancellationToken);
        try
        {
            while (_ready.TryDequeue(out var name))
            {
                await RemoveAsync(name, cancellationToken);
                Names.TryRemove(name, out _);
            }
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task RefillAsync(string imageId)
    {
        if (!await _making.WaitAsync(0))
            return;
        try
        {
            await MakeAsync(imageId, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The next spawn makes its own, and gets the reason.
            LogNotRefilled(logger, e.Message);
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task MakeAsync(string imageId, CancellationToken cancellationToken)
    {
        var made = (await uids.TakeAsync(Batch, cancellationToken)).ToDictionary(_ => TransientPrefix + Guid.NewGuid().ToString("D"));
        foreach (var (name, uid) in made)
            Names[name] = uid;
        int UidOf(string name) => HomeVolume.IsHome(name) ? made[HomeVolume.WorkspaceOf(name)] : made[name];
        try
        {
            await HandOverAsync(
                imageId, WithHomes([.. made.Keys]), UidOf, name => ownership.VolumeLabels(name, UidOf(name)), cancellationToken);
        }
        finally
        {
            foreach (var uid in made.Values)
                uids.Release(uid);
        }
        var shared = await uids.SharedAsync(made, cancellationToken);
        foreach (var name in made.Keys)
        {
            if (!shared.Contains(name))
                _ready.Enqueue(name);
            else if (await RemoveAsync(name, cancellationToken))
                Names.TryRemove(name, out _);
        }
    }

    private static string[] WithHomes(string[] names) => [.. names, .. names.Select(HomeVolume.NameOf)];

    private Task HandOverAsync(
        string imageId, string[] names, Func<string, int> uidOf, Func<string, Dictionary<string, string>> labelsOf,
        CancellationToken cancellationToken) => volumes.CreateOwnedAsync(
            [.. names.Select(name => new OwnedVolume(name, uidOf(name), labelsOf(name)))], options.Disk.MaxBytes,
            ownership.NeedsOf(imageId), cancellationToken);

    [LoggerMessage(LogLevel.Warning, "No volumes could be made ready for the next spawns")]
    private static partial void LogNotRefilled(ILogger logger, [Untrusted] string reason);
}
