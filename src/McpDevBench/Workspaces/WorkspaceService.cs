using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>The life of a workspace as clients see it: spawn, attach, list, kill.</summary>
internal sealed partial class WorkspaceService(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, WorkspaceFactory factory,
    WorkspaceRecovery recovery, SpawnResumption resumption, IdempotencyStore idempotency, ImagePolicy policy, ImageProvider images,
    EngineContainers engineContainers, AgentDirectory agents, VolumePool pool, WorkspaceQuota quota, KeyedLock keys,
    MetricCatalogue metrics, TimeProvider time, ILogger<WorkspaceService> logger)
{
    private const string SpawnScope = "spawn";
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Restored files are counted up to here.</summary>
    public const int MaxCountedFiles = AgentDirectory.MaxCounted;

    public async Task<Spawned> SpawnAsync(
        Caller caller, SpawnRequest request, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        var plan = PlanOf(caller, request);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (request.IdempotencyKey is not { } key)
            return await SpawnOrResumeAsync(caller, request, plan, onProgress, cancellationToken);
        using var _ = await keys.LockAsync($"{SpawnScope}\n{caller.Name}\n{key}", cancellationToken);
        var fingerprint = Fingerprint(request);
        if (idempotency.Find(caller, SpawnScope, key, fingerprint) is { } handle && ContainerId.TryParse(handle, out var id)
            && workspaces.Find(id) is { Status: not ContainerStatus.Removing })
            return new Spawned(await recovery.FindRunningAsync(caller, handle, cancellationToken), Warm: false, Replayed: true);
        var spawned = await SpawnOrResumeAsync(caller, request, plan, onProgress, cancellationToken);
        idempotency.Save(caller, SpawnScope, key, fingerprint, spawned.Workspace.Id.ToString());
        return spawned;
    }

    /// <summary>What <see cref="SpawnAsync"/> would do, without doing it.</summary>
    public async Task<SpawnDecision> DecideAsync(Caller caller, SpawnRequest request, CancellationToken cancellationToken)
    {
        var plan = PlanOf(caller, request);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (policy.Objection(plan.Image) is { } objection)
            return new SpawnDecision(false, plan.Image.Canonical, $"The image may not be used: {objection}.", policy.Nearest, false, plan.Limits, plan.Network);
        if (request.Alias is { } alias && workspaces.FindByAlias(caller, alias) is { } existing)
            return SpawnResumption.Decide(existing, request, plan);
        try
        {
            (await quota.ReadAsync(cancellationToken)).Require(workspaces.All, plan.Limits);
            var present = await images.IsPresentAsync(plan.Image, cancellationToken);
            return new SpawnDecision(
                true, plan.Image.Canonical, present ? "The image is on the Docker host." : "The image would be pulled first.", null, present,
                plan.Limits, plan.Network);
        }
        catch (RequestException e) when (e.Code is ErrorCode.ResourceExhausted or ErrorCode.InvalidArgument)
        {
            return new SpawnDecision(false, plan.Image.Canonical, $"{e.Message} {e.Hint}", null, false, plan.Limits, plan.Network);
        }
    }

    public async Task<Attached> AttachAsync(Caller caller, string target, string? clientName, string? sessionId, CancellationToken cancellationToken)
    {
        var workspace = await recovery.FindAnsweringAsync(caller, target, cancellationToken);
        store.Attach(workspace.Id, clientName, sessionId, time.GetUtcNow());
        workspaces.Attach(workspace, clientName, sessionId);
        return new Attached(workspace, store.RunningExecs().GetValueOrDefault(workspace.Id.ToString()));
    }

    /// <param name="keep">Keeps the files also of a workspace that is not persistent.</param>
    /// <param name="delete">Deletes the files also of a persistent workspace, or files that were kept before.</param>
    public async Task<Killed> KillAsync(
        Caller caller, string target, bool force, bool keep, bool delete, CancellationToken cancellationToken)
    {
        if (keep && delete)
            throw new RequestException(
                ErrorCode.InvalidArgument, "keep_workspace and delete_files are both true.", "Give at most one of them.");
        var begun = workspaces.FindRemoving(caller, target);
        if (begun is null && workspaces.TryFind(caller, target) is null && keptFiles.Find(caller, target) is { } kept)
            return await KillKeptAsync(kept, delete, cancellationToken);
        var id = (begun ?? workspaces.Find(caller, target)).Id;
        using var _ = await keys.LockAsync(WorkspaceRecovery.LockOf(id), cancellationToken);
        // As it is now: a resume may have given it another container.
        if (workspaces.FindRemoving(caller, id.ToString()) is { } removing)
        {
            workspaces.Note(removing);
            return await RemoveAsync(removing, keptFiles.Volumes().Contains(removing.VolumeName));
        }
        if (workspaces.TryFind(caller, id.ToString()) is not { } workspace)
            throw workspaces.NotFound(caller, target);
        if (!force && workspace.DockerId is { } dockerId && store.RunningExecs().ContainsKey(workspace.Id.ToString()))
            await engineContainers.StopAsync(dockerId, options.StopGrace, cancellationToken);
        // From here on to the end, whether the caller still waits or not: half a removal helps nobody.
        var killed = await RemoveAsync(workspace, keep || (workspace.Persistent && !delete));
        LogKilled(logger, workspace.Id, force);
        return killed;
    }

    /// <summary>By id or alias.</summary>
    /// <exception cref="RequestException">container_not_found, alike for unknown, foreign and expired handles.</exception>
    public Workspace Find(Caller caller, string target) => workspaces.Find(caller, target);

    /// <summary>For completions.</summary>
    public IReadOnlyList<string> Aliases(Caller caller) =>
        [.. workspaces.All.Where(workspace => workspace.Owner == caller.Name).Select(workspace => workspace.Alias).OfType<string>()
            .Order(StringComparer.Ordinal)];

    /// <summary>Tells the metrics how many there are.</summary>
    public void CountContainers() => metrics.Containers.Counted(
        workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Running), workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Stopped));

    private async Task<Killed> RemoveAsync(Workspace workspace, bool keepVolume)
    {
        try
        {
            var isKept = await factory.RemoveAsync(workspace, keepVolume, CancellationToken.None);
            return new Killed(workspace.Id.ToString(), "removed", isKept ? "kept" : "removed", isKept ? workspace.KeptAs : null)
            {
                HomeAlone = isKept && (await pool.FindAsync(CancellationToken.None))?.Contains(workspace.VolumeName) == false,
            };
        }
        catch (RequestException e) when (
            e.Code == ErrorCode.DockerUnavailable && workspaces.Find(workspace.Id) is { Status: ContainerStatus.Removing })
        {
            throw new RequestException(
                ErrorCode.DockerUnavailable,
                $"Docker does not answer. The removal of workspace {workspace.Id} has begun, "
                    + "and the server finishes it once Docker answers.",
                "Nothing more to do: list_containers shows the workspace as removing until then.", inner: e);
        }
        catch (RequestException e) when (e.Code == ErrorCode.Timeout)
        {
            LogRemovalContinues(logger, workspace.Id, e.Message);
            return new Killed(workspace.Id.ToString(), "removing", keepVolume ? "kept" : "removed", keepVolume ? workspace.KeptAs : null);
        }
    }

    private async Task<Killed> KillKeptAsync(KeptFiles kept, bool delete, CancellationToken cancellationToken)
    {
        var name = kept.ContainerId ?? kept.Alias;
        var left = await pool.FindLeftAsync(kept.Volume, cancellationToken);
        if (!delete && (left.Files || left.Home))
            return new Killed(name, "removed", "kept", kept.Alias, HomeAlone: !left.Files);
        if (!await pool.RemoveAsync(kept.Volume, cancellationToken))
            throw new RequestException(
                ErrorCode.Conflict, $"The volume with the kept files of '{kept.Alias}' is in use by a container.",
                "Ask the operator to remove that container, then call kill again with delete_files=true.");
        keptFiles.Delete(kept.Volume);
        return new Killed(name, "removed", "removed", null);
    }

    /// <summary>Kept files come back with their image, unless the spawn names another or policy no longer allows it.</summary>
    private SpawnPlan PlanOf(Caller caller, SpawnRequest request)
    {
        var plan = SpawnPlan.Of(request, options);
        if (request.Image is not null || ImageOfKept(caller, request) is not { } image || policy.Objection(image) is not null)
            return plan;
        return plan with { Image = image };
    }

    /// <summary>Null where no workspace's files are kept under the alias, or where their image is not known.</summary>
    private ImageReference? ImageOfKept(Caller caller, SpawnRequest request) =>
        request.Alias is { } alias && workspaces.FindByAlias(caller, alias) is null
            && keptFiles.Find(caller, alias) is { Image: { } image } kept && kept.Alias == alias
            ? ImageReference.TryParse(image) : null;

    private async Task<Spawned> SpawnOrResumeAsync(
        Caller caller, SpawnRequest request, SpawnPlan plan, SpawnProgress? onProgress, CancellationToken cancellationToken) =>
        await resumption.TryAsync(caller, request, plan, cancellationToken)
        ?? await SpawnOnceAsync(caller, request, plan, onProgress, cancellationToken);

    private async Task<Spawned> SpawnOnceAsync(
        Caller caller, SpawnRequest request, SpawnPlan plan, SpawnProgress? onProgress, CancellationToken cancellationToken)
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
            var spawned = await SpawnMeasuredAsync(caller, request, plan, onProgress ?? ((_, _, _) => { }), cancellationToken);
            metrics.Containers.Spawned("cold", time.GetElapsedTime(started));
            LogCreated(
                logger, spawned.Workspace.Id, spawned.Workspace.Image, spawned.Workspace.Uid,
                Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
            return spawned;
        }
        catch (Exception e)
        {
            metrics.Containers.SpawnFailed("cold", ErrorCodes.NameOf(e));
            throw;
        }
    }

    private async Task<Spawned> SpawnMeasuredAsync(
        Caller caller, SpawnRequest request, SpawnPlan plan, SpawnProgress onProgress, CancellationToken cancellationToken)
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
        var other = ImageOfKept(caller, request) is { } keptImage && keptImage.Canonical != plan.Image.Canonical
            ? $"The kept files are of a workspace with the image {keptImage.Canonical}; this one has {plan.Image.Canonical}."
            : null;
        var lost = await factory.SettleLostAsync(caller, request.Alias, image.Id, cancellationToken);
        var (volume, uid, fresh) = await factory.VolumeForAsync(id, caller, request.Alias, request.Persistent, image, cancellationToken);
        var workspace = new Workspace
        {
            Id = id,
            Owner = caller.Name,
            Alias = request.Alias,
            Image = plan.Image.Canonical,
            // Files that were kept once are not lost because the next workspace forgot to ask.
            Persistent = request.Persistent || !fresh,
            Status = ContainerStatus.Creating,
            VolumeName = volume,
            Uid = uid,
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
            pool.GiveBack(volume, uid);
            throw;
        }
        pool.Forget(volume, uid);
        try
        {
            var built = await factory.BuildAsync(workspace, image, fresh, steps, phase => onProgress(phase, $"{phase} {id}"), cancellationToken);
            var spawned = new Spawned(built, Warm: false, Replayed: false)
            {
                Note = lost is null || other is null ? lost ?? other : $"{lost} {other}",
            };
            if (fresh)
                return spawned;
            keptFiles.Delete(volume);
            return spawned with { Restored = await CountAsync(built.DockerId!, cancellationToken) };
        }
        catch
        {
            steps.Dispose();
            await factory.UndoAsync(workspaces.Find(id) ?? workspace, fresh);
            throw;
        }
    }

    private async Task<RestoredFiles> CountAsync(string dockerId, CancellationToken cancellationToken) => new(
        await agents.CountFilesAsync(dockerId, cancellationToken),
        await agents.CountEntriesAsync(dockerId, ContainerSpec.HomePath, CountTimeout));

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
    private static partial void LogCreated(ILogger logger, ContainerId containerId, [Untrusted] string image, int uid, double durationMs);

    [LoggerMessage(LogLevel.Warning, "Removal is taking long and continues in the background")]
    private static partial void LogRemovalContinues(ILogger logger, ContainerId containerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Information, "Container killed")]
    private static partial void LogKilled(ILogger logger, ContainerId containerId, bool force);
}
