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
    ContainerOptions options, WorkspaceDirectory workspaces, ContainerStore store, WorkspaceFactory factory, IdempotencyStore idempotency,
    ImagePolicy policy, ImageProvider images, EngineContainers engineContainers, AgentDirectory agents, VolumePool pool, KeyedLock keys,
    MetricCatalogue metrics, TimeProvider time, ILogger<ContainerService> logger)
{
    private const string SpawnScope = "spawn";
    private const int PageSize = 100;

    public async Task<Spawned> SpawnAsync(string owner, SpawnRequest request, Func<SpawnPhase, string, ValueTask>? onProgress, CancellationToken cancellationToken)
    {
        var plan = SpawnPlan.Of(request, options);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (request.IdempotencyKey is not { } key)
            return new Spawned(await SpawnOnceAsync(owner, request, plan, onProgress, cancellationToken), Warm: false, Replayed: false);
        using var _ = await keys.LockAsync($"{SpawnScope}\n{owner}\n{key}", cancellationToken);
        var fingerprint = Fingerprint(request);
        if (idempotency.Find(owner, SpawnScope, key, fingerprint) is { } handle && ContainerId.TryParse(handle, out var id) && workspaces.Find(id) is { } present)
        {
            workspaces.Note(present);
            return new Spawned(present, Warm: false, Replayed: true);
        }
        var workspace = await SpawnOnceAsync(owner, request, plan, onProgress, cancellationToken);
        idempotency.Save(owner, SpawnScope, key, fingerprint, workspace.Id.ToString());
        return new Spawned(workspace, Warm: false, Replayed: false);
    }

    /// <summary>What <see cref="SpawnAsync"/> would do, without doing it.</summary>
    public async Task<SpawnDecision> DecideAsync(string owner, SpawnRequest request, CancellationToken cancellationToken)
    {
        var plan = SpawnPlan.Of(request, options);
        CallFacts.Current?.Image = plan.Image.Canonical;
        if (policy.Objection(plan.Image) is { } objection)
            return new SpawnDecision(false, plan.Image.Canonical, $"The image may not be used: {objection}.", policy.Nearest, false, plan.Limits, plan.Network);
        if (request.Alias is { } alias && workspaces.All.Any(workspace => workspace.Owner == owner && workspace.Alias == alias))
            return new SpawnDecision(false, plan.Image.Canonical, $"There is a workspace with the alias '{alias}' already.", $"alias={alias}-2", false, plan.Limits, plan.Network);
        var present = await images.IsPresentAsync(plan.Image, cancellationToken);
        return new SpawnDecision(true, plan.Image.Canonical, present ? "The image is on the Docker host." : "The image would be pulled first.", null, present, plan.Limits, plan.Network);
    }

    public async Task<Attached> AttachAsync(string owner, string target, string? clientName, string? sessionId, CancellationToken cancellationToken)
    {
        var workspace = workspaces.FindRunning(owner, target);
        // More than a look at the row: whoever attaches wants to work now.
        await agents.Get(workspace.DockerId!).ConnectionAsync(cancellationToken);
        store.Attach(workspace.Id, clientName, sessionId, time.GetUtcNow());
        workspaces.Attach(workspace, clientName, sessionId);
        return new Attached(workspace, store.RunningExecs().GetValueOrDefault(workspace.Id.ToString()));
    }

    public async Task<Killed> KillAsync(string owner, string target, bool force, bool keepWorkspace, CancellationToken cancellationToken)
    {
        var workspace = workspaces.Find(owner, target);
        if (keepWorkspace && (!workspace.Persistent || workspace.Alias is null))
            throw new RefusalException(RefusalCode.InvalidArgument, $"keep_workspace=true is not possible: {workspace.Id} is not a persistent workspace with an alias, so nothing could find its files again.", "Download what is needed through the file endpoint, or call kill without keep_workspace.");
        using var _ = await keys.LockAsync($"kill\n{workspace.Id}", cancellationToken);
        if (workspaces.Find(workspace.Id) is null)
            throw WorkspaceDirectory.NotFound(target);
        if (!force && workspace.DockerId is { } dockerId && store.RunningExecs().ContainsKey(workspace.Id.ToString()))
            await engineContainers.StopAsync(dockerId, options.StopGrace, cancellationToken);
        // From here on to the end, whether the caller still waits or not: half a removal helps nobody.
        var kept = await factory.RemoveAsync(workspace, keepWorkspace, CancellationToken.None);
        LogKilled(logger, workspace.Id, force);
        return new Killed(workspace, "removed", kept ? "kept" : "removed");
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

    /// <summary>By id or alias.</summary>
    /// <exception cref="RefusalException">container_not_found, alike for unknown, foreign and expired handles.</exception>
    public Workspace Find(string owner, string target) => workspaces.Find(owner, target);

    /// <summary>Aliases that begin so, for completions.</summary>
    public IReadOnlyList<string> Aliases(string owner, string prefix) =>
        [.. workspaces.All.Where(workspace => workspace.Owner == owner && workspace.Alias?.StartsWith(prefix, StringComparison.Ordinal) == true).Select(workspace => workspace.Alias!).Order(StringComparer.Ordinal)];

    /// <summary>Tells the metrics how many there are.</summary>
    public void CountContainers() => metrics.Containers.Counted(
        workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Running), workspaces.All.Count(workspace => workspace.Status == ContainerStatus.Stopped));

    private async Task<Workspace> SpawnOnceAsync(string owner, SpawnRequest request, SpawnPlan plan, Func<SpawnPhase, string, ValueTask>? onProgress, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        // A pull can take minutes: whoever looks at the log meanwhile should see what is being waited for.
        LogSpawning(logger, plan.Image.Canonical);
        metrics.WarmPool.Missed("disabled");
        try
        {
            var workspace = await SpawnMeasuredAsync(owner, request, plan, onProgress ?? ((_, _) => ValueTask.CompletedTask), cancellationToken);
            metrics.Containers.Spawned("cold", time.GetElapsedTime(started));
            LogCreated(logger, workspace.Id, workspace.Image, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
            return workspace;
        }
        catch (Exception e)
        {
            metrics.Containers.SpawnFailed("cold", RefusalCodes.NameOf(e));
            throw;
        }
    }

    private async Task<Workspace> SpawnMeasuredAsync(string owner, SpawnRequest request, SpawnPlan plan, Func<SpawnPhase, string, ValueTask> onProgress, CancellationToken cancellationToken)
    {
        using var steps = new SpawnSteps(metrics.Containers, time);
        steps.Next(SpawnPhase.Policy);
        await onProgress(SpawnPhase.Policy, $"Checking {plan.Image}");
        policy.Require(plan.Image);
        steps.Next(SpawnPhase.Pull);
        var image = await images.GetAsync(plan.Image, state => _ = onProgress(SpawnPhase.Pull, state.ToString()).AsTask(), cancellationToken);
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
            Persistent = request.Persistent,
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
            workspaces.Add(workspace);
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
            if (!fresh)
                store.TakeKeptVolume(volume);
            return built;
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
