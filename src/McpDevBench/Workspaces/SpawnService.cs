using McpDevBench.Observability;

namespace McpDevBench.Workspaces;

/// <summary>A client's spawn: the same call again gives the same workspace, a stopped one is resumed, else a new one is made.</summary>
internal sealed class SpawnService(
    WorkspaceOptions options, WorkspaceDirectory workspaces, Spawner spawner, SpawnResumption resumption, SpawnAdmission admission,
    SpawnVolumes volumes, SpawnMeter meter, SpawnKeys keys)
{
    public async Task<Spawned> SpawnAsync(
        Caller caller, SpawnRequest request, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        var plan = PlanOf(caller, request);
        CallFacts.Current?.Image = plan.Image.Canonical;
        return await keys.OnceAsync(
            caller, request, () => ResumeOrSpawnAsync(caller, request, plan, onProgress, cancellationToken), cancellationToken);
    }

    /// <summary>What <see cref="SpawnAsync"/> would do, without doing it.</summary>
    public async Task<SpawnDecision> DecideAsync(Caller caller, SpawnRequest request, CancellationToken cancellationToken)
    {
        var plan = PlanOf(caller, request);
        CallFacts.Current?.Image = plan.Image.Canonical;
        return admission.Allows(plan.Image) && request.Alias is { } alias && workspaces.FindByAlias(caller, alias) is { } existing
            ? await resumption.DecideAsync(existing, request, plan, cancellationToken)
            : await admission.DecideAsync(plan, cancellationToken);
    }

    /// <summary>Kept files are restored with their image, unless the spawn names another or policy no longer allows it.</summary>
    private SpawnPlan PlanOf(Caller caller, SpawnRequest request)
    {
        var plan = SpawnPlan.Of(request, options);
        return request.Image is null && volumes.ImageOfKept(caller, request.Alias) is { } image && admission.Allows(image)
            ? plan with { Image = image }
            : plan;
    }

    private async Task<Spawned> ResumeOrSpawnAsync(
        Caller caller, SpawnRequest request, SpawnPlan plan, SpawnProgress? onProgress, CancellationToken cancellationToken)
    {
        if (await resumption.TryAsync(caller, request, plan, cancellationToken) is { } resumed)
            return resumed;
        // Clients give a call up after a minute, unless it reports progress.
        if (onProgress is not null)
            CallDeadline.Current?.Extend(admission.PullTimeout);
        return await meter.MeasureAsync(
            plan.Image, () => spawner.SpawnAsync(caller, request, plan, onProgress ?? ((_, _, _) => { }), cancellationToken));
    }
}
