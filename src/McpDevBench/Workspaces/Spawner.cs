using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// Gives a workspace its container: a new one in <see cref="SpawnAsync"/>, one in place of a stopped one in <see cref="RestartAsync"/>. The
/// steps stand in the order in which they happen, each with its undo. The database is written before and after Docker is changed, so
/// that the reconciler can undo what a crash left behind.
/// </summary>
internal sealed class Spawner(
    SpawnAdmission admission, ImageProvider images, SpawnVolumes volumes, WorkspaceDirectory workspaces, ContainerFactory factory,
    WorkspaceContainers containers, SpawnMeter meter, TimeProvider time)
{
    /// <summary>What a restarted workspace has at least left of its time to live: enough to fetch its files.</summary>
    private static readonly TimeSpan MinLease = TimeSpan.FromHours(1);

    public async Task<Spawned> SpawnAsync(
        Caller caller, SpawnRequest request, SpawnPlan plan, SpawnProgress onProgress, CancellationToken cancellationToken)
    {
        using var steps = meter.BeginSpawn();

        // Policy: the image is allowed, and there is room for one more. Nothing to undo.
        steps.Next(SpawnPhase.Policy);
        onProgress(SpawnPhase.Policy, $"Checking {plan.Image}");
        var ceiling = await admission.RequireAsync(plan, cancellationToken);

        // Image: pulled if it is not there. Nothing to undo: the next spawn finds it.
        steps.Next(SpawnPhase.Pull);
        var image = await images.GetAsync(
            plan.Image, state => onProgress(SpawnPhase.Pull, $"Pulling {plan.Image}: {state}", state.Fraction), cancellationToken);

        // Volume: the one that was kept, one of the pool, or a name for one that is created later. Undo: volumes.GiveBack.
        steps.Next(SpawnPhase.Create);
        var id = WorkspaceId.New();
        var volume = await volumes.ChooseAsync(id, caller, request, plan, image, cancellationToken);

        // Row: after a crash it says that a spawn had begun. Undo, of this and of all that follows: UndoAsync.
        var workspace = AddRow(id, caller, request, plan, volume, ceiling);
        try
        {
            onProgress(SpawnPhase.Create, $"{SpawnPhase.Create} {id}");
            var running = await RunAsync(
                workspace, image, volume.IsNew, steps, phase => onProgress(phase, $"{phase} {id}"), cancellationToken);
            var spawned = new Spawned(running, Warm: false, Replayed: false) { Note = Notes(volume.Note, ceiling.NoteOf(plan.Limits)) };
            if (volume.IsNew)
                return spawned;
            var restored = await containers.CountFilesAsync(running, cancellationToken);
            volumes.Claim(volume);
            return spawned with { Restored = restored };
        }
        catch
        {
            // The step that failed is reported before what it takes to undo it.
            steps.Dispose();
            await UndoAsync(workspaces.Find(id) ?? workspace, volume.IsNew);
            throw;
        }
    }

    /// <summary>
    /// Undoes a spawn that did not get to its end, also that of an earlier server. A volume that had been kept stays kept.
    /// </summary>
    public async Task UndoAsync(Workspace workspace, bool isVolumeNew)
    {
        try
        {
            await containers.RemoveAsync(workspace, CancellationToken.None);
            if (isVolumeNew)
                await volumes.RemoveAsync(workspace);
            workspaces.Remove(workspace);
        }
        catch (RequestException e)
        {
            // The reconciler finishes it when Docker is back.
            workspaces.BeginRemoval(workspace, keepVolume: !isVolumeNew);
            meter.UndoPostponed(workspace.Id, e);
        }
    }

    /// <summary>Makes the container of a stopped workspace anew, on its volumes, with its image, limits, network and environment.</summary>
    public async Task<Workspace> RestartAsync(Workspace workspace)
    {
        using var steps = meter.BeginRestart();

        // Volume, policy and image. Nothing to undo.
        var hasHome = await volumes.RequireAsync(workspace);
        admission.RequireImage(ImageReference.Parse(workspace.Image));
        var image = await images.FindAgainAsync(workspace, CancellationToken.None);

        // Row: after a crash it says that a restart had begun. Undo, of this and of all that follows: UndoRestartAsync.
        workspace = workspaces.Replace(workspace with { Status = WorkspaceStatus.Resuming });
        try
        {
            await containers.RemoveAllAsync(workspace, CancellationToken.None);
            workspace = workspaces.Replace(workspace with { Container = null, LeaseUntil = LeaseOf(workspace) });
            var running = await RunAsync(workspace, image, isVolumeNew: false, steps, _ => { }, CancellationToken.None);
            if (!hasHome)
                workspaces.NoteHomeLost(workspace.Id);
            return running;
        }
        catch (Exception e)
        {
            await TryUndoRestartAsync(workspaces.Find(workspace.Id) ?? workspace, e);
            throw;
        }
    }

    /// <summary>
    /// Undoes a restart that did not get to its end, also that of an earlier server: no container, and a row that matches.
    /// </summary>
    public async Task UndoRestartAsync(Workspace workspace)
    {
        await containers.RemoveAllAsync(workspace, CancellationToken.None);
        workspaces.Replace(workspace with { Status = WorkspaceStatus.Stopped, Container = null });
    }

    /// <summary>The steps that a spawn and a restart share. Undo of each: containers.RemoveAsync.</summary>
    /// <param name="steps">At <see cref="SpawnPhase.Create"/> in a spawn.</param>
    private async Task<Workspace> RunAsync(
        Workspace workspace, EngineImage image, bool isVolumeNew, SpawnSteps steps, Action<SpawnPhase> onPhase,
        CancellationToken cancellationToken)
    {
        for (var isRepeated = false; ; isRepeated = true)
        {
            // Create, on the workspace's volumes.
            var created = await factory.CreateAsync(workspace, image, isVolumeNew, cancellationToken);
            workspace = workspaces.Replace(workspace with
            {
                Container = created.Container,
                Digest = ImageReference.Parse(workspace.Image).DigestOf(image.Id, image.RepoDigests),
                ImageId = image.Id,
                Env = created.Environment,
            });
            try
            {
                // Start: the stream to the agent comes first.
                steps.Next(SpawnPhase.Start);
                onPhase(SpawnPhase.Start);
                var stream = await containers.StartAsync(workspace, cancellationToken);

                // Greet: the agent answers, has the workspace's volumes, and runs programs as the workspace's user.
                steps.Next(SpawnPhase.Ready);
                await containers.GreetAsync(workspace, stream, cancellationToken);
                steps.Done();
            }
            catch (RequestException e)
            {
                if (!await factory.TryRepairAsync(workspace, e, isRepeated, cancellationToken))
                    throw;
                continue;
            }

            // Ready.
            onPhase(SpawnPhase.Ready);
            return workspaces.Replace(workspace with { Status = WorkspaceStatus.Running, LastUsedAt = time.GetUtcNow() });
        }
    }

    private Workspace AddRow(
        WorkspaceId id, Caller caller, SpawnRequest request, SpawnPlan plan, ChosenVolume volume, WorkspaceCeiling ceiling)
    {
        var now = time.GetUtcNow();
        var workspace = new Workspace
        {
            Id = id,
            Owner = caller.Name,
            Alias = request.Alias,
            Image = plan.Image.Canonical,
            // Files that were kept once are not lost because the next workspace forgot to ask.
            Persistent = request.Persistent || !volume.IsNew,
            Status = WorkspaceStatus.Creating,
            VolumeName = volume.Name,
            Uid = volume.Uid,
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
            // Once more, and together with adding it: the pull may have been long.
            workspaces.Add(workspace, ceiling);
        }
        catch
        {
            volumes.GiveBack(volume);
            throw;
        }
        volumes.Take(volume);
        return workspace;
    }

    private static string? Notes(params string?[] notes) =>
        notes.OfType<string>().ToArray() is { Length: > 0 } present ? string.Join(' ', present) : null;

    private async Task TryUndoRestartAsync(Workspace workspace, Exception why)
    {
        try
        {
            await UndoRestartAsync(workspace);
        }
        catch (RequestException e)
        {
            // The row records that a restart has begun; the reconciler undoes it, or the next use begins again.
            meter.RestartUndoPostponed(workspace.Id, why, e);
        }
    }

    private DateTimeOffset? LeaseOf(Workspace workspace) =>
        workspace.LeaseUntil < time.GetUtcNow() + MinLease ? time.GetUtcNow() + MinLease : workspace.LeaseUntil;
}
