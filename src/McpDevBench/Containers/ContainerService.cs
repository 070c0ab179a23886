using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Storage;

namespace McpDevBench.Containers;

/// <summary>The life of a workspace as clients see it: spawn, attach, list, kill.</summary>
internal sealed partial class ContainerService(
    ContainerOptions options, WorkspaceDirectory workspaces, ContainerStore store, KeptFileStore keptFiles, WorkspaceFactory factory,
    WorkspaceRecovery recovery, IdempotencyStore idempotency, ImagePolicy policy, ImageProvider images, EngineContainers engineContainers,
    AgentDirectory agents, VolumePool pool, WorkspaceQuota quota, KeyedLock keys,
    MetricCatalogue metrics, TimeProvider time, ILogger<ContainerService> logger)
{
    private const string SpawnScope = "spawn";
    private const int PageSize = 100;

    /// <summary>Restored files are counted up to here.</summary>
    public const int MaxCountedFiles = AgentDirectory.MaxCounted;

    public async Task<Spawned> SpawnAsync(
        string owner, SpawnRequest request, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        var plan = SpawnPlan.Of(request, options);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (request.IdempotencyKey is not { } key)
            return await SpawnOrResumeAsync(owner, request, plan, onProgress, cancellationToken);
        using var _ = await keys.LockAsync($"{SpawnScope}\n{owner}\n{key}", cancellationToken);
        var fingerprint = Fingerprint(request);
        if (idempotency.Find(owner, SpawnScope, key, fingerprint) is { } handle && ContainerId.TryParse(handle, out var id)
            && workspaces.Find(id) is { Status: not ContainerStatus.Removing })
            return new Spawned(await recovery.FindRunningAsync(owner, handle, cancellationToken), Warm: false, Replayed: true);
        var spawned = await SpawnOrResumeAsync(owner, request, plan, onProgress, cancellationToken);
        idempotency.Save(owner, SpawnScope, key, fingerprint, spawned.Workspace.Id.ToString());
        return spawned;
    }

    /// <summary>What <see cref="SpawnAsync"/> would do, without doing it.</summary>
    public async Task<SpawnDecision> DecideAsync(string owner, SpawnRequest request, CancellationToken cancellationToken)
    {
        var plan = SpawnPlan.Of(request, options);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (policy.Objection(plan.Image) is { } objection)
            return new SpawnDecision(false, plan.Image.Canonical, $"The image may not be used: {objection}.", policy.Nearest, false, plan.Limits, plan.Network);
        if (request.Alias is { } alias && workspaces.FindByAlias(owner, alias) is { } existing)
            return Decide(existing, request, plan);
        var present = await images.IsPresentAsync(plan.Image, cancellationToken);
        return new SpawnDecision(true, plan.Image.Canonical, present ? "The image is on the Docker host." : "The image would be pulled first.", null, present, plan.Limits, plan.Network);
    }

    public async Task<Attached> AttachAsync(string owner, string target, string? clientName, string? sessionId, CancellationToken cancellationToken)
    {
        var workspace = await recovery.FindAnsweringAsync(owner, target, cancellationToken);
        store.Attach(workspace.Id, clientName, sessionId, time.GetUtcNow());
        workspaces.Attach(workspace, clientName, sessionId);
        return new Attached(workspace, store.RunningExecs().GetValueOrDefault(workspace.Id.ToString()));
    }

    /// <param name="keep">Keeps the files also of a workspace that is not persistent.</param>
    /// <param name="delete">Deletes the files also of a persistent workspace, or files that were kept before.</param>
    public async Task<Killed> KillAsync(
        string owner, string target, bool force, bool keep, bool delete, CancellationToken cancellationToken)
    {
        if (keep && delete)
            throw new RefusalException(
                RefusalCode.InvalidArgument, "keep_workspace and delete_files are both true.", "Give at most one of them.");
        var begun = workspaces.FindRemoving(owner, target);
        if (begun is null && workspaces.TryFind(owner, target) is null && keptFiles.Find(owner, target) is { } kept)
            return await KillKeptAsync(kept, delete, cancellationToken);
        var id = (begun ?? workspaces.Find(owner, target)).Id;
        using var _ = await keys.LockAsync(WorkspaceRecovery.LockOf(id), cancellationToken);
        // As it is now: a resume may have given it another container.
        if (workspaces.FindRemoving(owner, id.ToString()) is { } removing)
        {
            workspaces.Note(removing);
            return await RemoveAsync(removing, keptFiles.Volumes().Contains(removing.VolumeName));
        }
        if (workspaces.TryFind(owner, id.ToString()) is not { } workspace)
            throw workspaces.NotFound(owner, target);
        if (!force && workspace.DockerId is { } dockerId && store.RunningExecs().ContainsKey(workspace.Id.ToString()))
            await engineContainers.StopAsync(dockerId, options.StopGrace, cancellationToken);
        // From here on to the end, whether the caller still waits or not: half a removal helps nobody.
        var killed = await RemoveAsync(workspace, keep || (workspace.Persistent && !delete));
        LogKilled(logger, workspace.Id, force);
        return killed;
    }

    /// <param name="label">Null, <c>name</c> or <c>name=value</c>.</param>
    public ContainerPage List(string owner, bool includeStopped, string? label, string? cursor)
    {
        var after = cursor is null ? (0, "") : PageCursor.Parse(cursor);
        var running = store.RunningExecs();
        var page = workspaces.All
            .Where(workspace => workspace.Owner == owner && (includeStopped || workspace.Status is ContainerStatus.Running or ContainerStatus.Creating) && workspace.Status != ContainerStatus.Removing)
            .Where(workspace => label is null || HasLabel(workspace, label))
            .OrderBy(CursorOf).SkipWhile(workspace => CursorOf(workspace).CompareTo(after) <= 0).Take(PageSize + 1).ToList();
        return new ContainerPage(
            [.. page.Take(PageSize).Select(workspace => new ListedContainer(workspace, running.GetValueOrDefault(workspace.Id.ToString())))],
            page.Count > PageSize ? PageCursor.Of(page[PageSize - 1].CreatedAt, page[PageSize - 1].Id.ToString()) : null);
    }

    /// <summary>Files that were kept of removed workspaces.</summary>
    public IReadOnlyList<KeptFiles> Kept(string owner) => keptFiles.List(owner);

    /// <summary>By id or alias.</summary>
    /// <exception cref="RefusalException">container_not_found, alike for unknown, foreign and expired handles.</exception>
    public Workspace Find(string owner, string target) => workspaces.Find(owner, target);

    /// <summary>Aliases that begin so, for completions.</summary>
    public IReadOnlyList<string> Aliases(string owner, string prefix) =>
        [.. workspaces.All.Where(workspace => workspace.Owner == owner && workspace.Alias?.StartsWith(prefix, StringComparison.Ordinal) == true).Select(workspace => workspace.Alias!).Order(StringComparer.Ordinal)];

    /// <summary>Tells the metrics how many there are.</summary>
    public void CountContainers() => metrics.Containers.Counted(
        workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Running), workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Stopped));

    private async Task<Killed> RemoveAsync(Workspace workspace, bool keepVolume)
    {
        try
        {
            var isKept = await factory.RemoveAsync(workspace, keepVolume, CancellationToken.None);
            return new Killed(workspace.Id.ToString(), "removed", isKept ? "kept" : "removed", isKept ? workspace.KeptAs : null);
        }
        catch (RefusalException e) when (
            e.Code == RefusalCode.DockerUnavailable && workspaces.Find(workspace.Id) is { Status: ContainerStatus.Removing })
        {
            throw new RefusalException(
                RefusalCode.DockerUnavailable,
                $"Docker does not answer. The removal of workspace {workspace.Id} has begun, and the server finishes it once Docker answers.",
                "Nothing more to do: list_containers no longer shows the workspace.", inner: e);
        }
    }

    private async Task<Killed> KillKeptAsync(KeptFiles kept, bool delete, CancellationToken cancellationToken)
    {
        var name = kept.ContainerId ?? kept.Alias;
        if (!delete && await pool.ExistsAsync(kept.Volume, cancellationToken))
            return new Killed(name, "removed", "kept", kept.Alias);
        if (!await pool.RemoveAsync(kept.Volume, cancellationToken))
            throw new RefusalException(
                RefusalCode.Conflict, $"The volume with the kept files of '{kept.Alias}' is in use by a container.",
                "Ask the operator to remove that container, then call kill again with delete_files=true.");
        keptFiles.Delete(kept.Volume);
        return new Killed(name, "removed", "removed", null);
    }

    private async Task<Spawned> SpawnOrResumeAsync(
        string owner, SpawnRequest request, SpawnPlan plan, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        if (request.Alias is not { } alias || workspaces.FindByAlias(owner, alias) is not { } existing)
            return await SpawnOnceAsync(owner, request, plan, onProgress, cancellationToken);
        // That its container has ended may not have been noticed yet.
        if (existing.Status == ContainerStatus.Running && !await recovery.IsUpAsync(existing, cancellationToken))
            existing = existing with { Status = ContainerStatus.Stopped };
        if (plan.Objection(existing, request) is { } objection)
            throw objection;
        if (request.Persistent)
            workspaces.MakePersistent(existing.Id);
        return new Spawned(
            await recovery.FindAnsweringAsync(owner, existing.Id.ToString(), cancellationToken), Warm: false, Replayed: false);
    }

    private static SpawnDecision Decide(Workspace existing, SpawnRequest request, SpawnPlan plan) =>
        plan.Objection(existing, request) is { } objection
        ? new SpawnDecision(false, plan.Image.Canonical, objection.Message, $"alias={existing.Alias}-2", false, plan.Limits, plan.Network)
        : new SpawnDecision(
            true, existing.Image, $"The stopped workspace '{existing.Alias}' would be resumed with its files.", null, true, existing.Limits,
            existing.Network);

    private async Task<Spawned> SpawnOnceAsync(
        string owner, SpawnRequest request, SpawnPlan plan, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        // Clients give a call up after a minute, unless it reports progress.
        if (onProgress is not null)
            CallDeadline.Current?.Extend(images.PullTimeout);
        // A pull can take minutes: whoever looks at the log meanwhile should see what is being waited for.
        LogSpawning(logger, plan.Image.Canonical);
        metrics.WarmPool.Missed("disabled");
        try
        {
            var (workspace, restored) = await SpawnMeasuredAsync(owner, request, plan, onProgress ?? ((_, _, _) => { }), cancellationToken);
            metrics.Containers.Spawned("cold", time.GetElapsedTime(started));
            LogCreated(logger, workspace.Id, workspace.Image, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
            return new Spawned(workspace, Warm: false, Replayed: false) { RestoredFiles = restored };
        }
        catch (Exception e)
        {
            metrics.Containers.SpawnFailed("cold", RefusalCodes.NameOf(e));
            throw;
        }
    }

    private async Task<(Workspace Workspace, int? Restored)> SpawnMeasuredAsync(
        string owner, SpawnRequest request, SpawnPlan plan, SpawnProgress onProgress, CancellationToken cancellationToken)
    {
        using var steps = new SpawnSteps(metrics.Containers.SpawnPhaseDone, time);
        steps.Next(SpawnPhase.Policy);
        onProgress(SpawnPhase.Policy, $"Checking {plan.Image}");
        policy.Require(plan.Image);
        // Once before the pull, which may be long, and once more when the workspace is added.
        var ceiling = await quota.ReadAsync(cancellationToken);
        ceiling.Require(workspaces.All, plan.Limits);
        steps.Next(SpawnPhase.Pull);
        var image = await images.GetAsync(
            plan.Image, state => onProgress(SpawnPhase.Pull, $"Pulling {plan.Image}: {state}", state.Fraction), cancellationToken);
        steps.Next(SpawnPhase.Create);
        var id = ContainerId.New();
        var now = time.GetUtcNow();
        var (volume, fresh) = await factory.VolumeForAsync(id, owner, request.Alias, request.Persistent, image, cancellationToken);
        var workspace = new Workspace
        {
            Id = id,
            Owner = owner,
            Alias = request.Alias,
            Image = plan.Image.Canonical,
            // Files that were kept once are not lost because the next workspace forgot to ask.
            Persistent = request.Persistent || !fresh,
            Status = ContainerStatus.Creating,
            VolumeName = volume,
            Limits = plan.Limits,
            Network = plan.Network,
            Labels = request.Labels,
            Env = request.Env,
            CreatedAt = now,
            LastUsedAt = now,
            LeaseUntil = now + plan.TimeToLive,
            IdleTimeToLive = plan.IdleTimeToLive,
        };
        workspaces.Note(workspace);
        try
        {
            workspaces.Add(workspace, ceiling);
        }
        catch
        {
            pool.GiveBack(volume);
            throw;
        }
        pool.Forget(volume);
        try
        {
            var built = await factory.BuildAsync(workspace, image, fresh, steps, phase => onProgress(phase, $"{phase} {id}"), cancellationToken);
            if (fresh)
                return (built, null);
            keptFiles.Delete(volume);
            return (built, await agents.CountFilesAsync(built.DockerId!, cancellationToken));
        }
        catch
        {
            steps.Dispose();
            await factory.UndoAsync(workspaces.Find(id) ?? workspace, fresh);
            throw;
        }
    }

    private static bool HasLabel(Workspace workspace, string label)
    {
        var at = label.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? workspace.Labels.ContainsKey(label) : workspace.Labels.GetValueOrDefault(label[..at]) == label[(at + 1)..];
    }

    private static (long, string) CursorOf(Workspace workspace) => (workspace.CreatedAt.Milliseconds(), workspace.Id.ToString());

    private static string Fingerprint(SpawnRequest request)
    {
        var text = new StringBuilder();
        foreach (var part in new object?[] { request.Image, request.Alias, request.Persistent, request.TimeToLiveSeconds, request.IdleTimeToLiveSeconds, request.MemoryMb, request.Cpus, request.Network, request.Env.Json(), request.Labels.Json() })
            text.Append(CultureInfo.InvariantCulture, $"{part}").Append('\0');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    [LoggerMessage(LogLevel.Information, "Starting container spawn")]
    private static partial void LogSpawning(ILogger logger, [Untrusted] string image);

    [LoggerMessage(LogLevel.Information, "Container created")]
    private static partial void LogCreated(ILogger logger, ContainerId containerId, [Untrusted] string image, double durationMs);

    [LoggerMessage(LogLevel.Information, "Container killed")]
    private static partial void LogKilled(ILogger logger, ContainerId containerId, bool force);
}
