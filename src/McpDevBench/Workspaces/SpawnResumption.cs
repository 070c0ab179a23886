namespace McpDevBench.Workspaces;

/// <summary>
/// A spawn with the alias of a stopped workspace: resumes it with its files, and with those arguments of the spawn that can change.
/// </summary>
internal sealed class SpawnResumption(
    WorkspaceDirectory workspaces, WorkspaceRecovery recovery, WorkspaceContainers containers, KeyedLock keys, TimeProvider time)
{
    /// <returns>Null: no workspace has the alias.</returns>
    /// <exception cref="RequestException">conflict: it runs, or has what cannot change otherwise than the spawn asks for it.</exception>
    public async Task<Spawned?> TryAsync(Caller caller, SpawnRequest request, SpawnPlan plan, CancellationToken cancellationToken)
    {
        if (request.Alias is not { } alias || workspaces.FindByAlias(caller, alias) is not { } existing)
            return null;
        existing = await CurrentAsync(existing, cancellationToken);
        if (plan.Objection(existing, request) is { } objection)
            throw objection;
        var applied = Applicable(request);
        if (applied.Count > 0)
        {
            // A resume that is under way writes the row as it has read it.
            using var _ = await keys.LockAsync(WorkspaceResumer.LockOf(existing.Id), cancellationToken);
            if (workspaces.Find(existing.Id) is { Status: not WorkspaceStatus.Removing } present)
                workspaces.Replace(Apply(present, request, plan));
        }
        var resumed = await recovery.FindAnsweringAsync(caller, existing.Id.ToString(), cancellationToken);
        return new Spawned(resumed, Warm: false, Replayed: false) { Applied = applied };
    }

    /// <summary>What <see cref="TryAsync"/> would do.</summary>
    public async Task<SpawnDecision> DecideAsync(
        Workspace existing, SpawnRequest request, SpawnPlan plan, CancellationToken cancellationToken)
    {
        existing = await CurrentAsync(existing, cancellationToken);
        if (plan.Objection(existing, request) is { } objection)
            return new SpawnDecision(
                false, plan.Image.Canonical, objection.Message, $"alias={existing.Alias}-2", false, plan.Limits, plan.Network);
        var applied = Applicable(request);
        var with = applied.Count == 0 ? "" : $", and with {string.Join(", ", applied)} as given";
        return new SpawnDecision(
            true, existing.Image, $"The stopped workspace '{existing.Alias}' would be resumed with its files{with}.", null, true,
            existing.Limits, existing.Network);
    }

    /// <summary>That its container has ended may not have been noticed yet.</summary>
    private async Task<Workspace> CurrentAsync(Workspace existing, CancellationToken cancellationToken) =>
        existing.Status == WorkspaceStatus.Running && !await containers.IsUpAsync(existing, cancellationToken)
            ? existing with { Status = WorkspaceStatus.Stopped }
            : existing;

    private static List<string> Applicable(SpawnRequest request)
    {
        var names = new List<string>();
        AddIf(request.Persistent, "persistent");
        AddIf(request.TimeToLiveSeconds is not null, "ttl_s");
        AddIf(request.IdleTimeToLiveSeconds is not null, "idle_ttl_s");
        AddIf(request.Env.Count > 0, "env");
        AddIf(request.Labels.Count > 0, "labels");
        return names;

        void AddIf(bool isGiven, string name)
        {
            if (isGiven)
                names.Add(name);
        }
    }

    /// <summary>Variables are added to those it has; labels replace them.</summary>
    private Workspace Apply(Workspace present, SpawnRequest request, SpawnPlan plan)
    {
        var env = present.Env.Concat(request.Env).GroupBy(variable => variable.Key, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Last().Value, StringComparer.Ordinal);
        SpawnPlan.CheckEnvironment(env);
        return present with
        {
            Persistent = present.Persistent || request.Persistent,
            LeaseUntil = request.TimeToLiveSeconds is null ? present.LeaseUntil : time.GetUtcNow() + plan.TimeToLive,
            IdleTimeToLive = plan.IdleTimeToLive ?? present.IdleTimeToLive,
            Env = env,
            Labels = request.Labels.Count > 0 ? request.Labels : present.Labels,
        };
    }
}
