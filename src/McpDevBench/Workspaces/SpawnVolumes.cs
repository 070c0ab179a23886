using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>The volume that a spawn uses.</summary>
/// <param name="Uid">The user to whom it belongs.</param>
/// <param name="IsNew">False: it holds files that were kept.</param>
/// <param name="Note">What the caller should know of the files; null for nothing.</param>
internal sealed record ChosenVolume(string Name, int Uid, bool IsNew, string? Note);

/// <summary>Chooses the volume of a new workspace, and checks those of a workspace that is restarted.</summary>
internal sealed partial class SpawnVolumes(
    WorkspaceDirectory workspaces, KeptFileStore keptFiles, VolumePool pool, ILogger<SpawnVolumes> logger)
{
    /// <summary>Begins the name of a persistent workspace's volume; its id follows.</summary>
    public const string PersistentPrefix = "mcpdevbench_persist_";

    private const string HomeLost =
        "The home directory's files are lost: its volume is no longer on the Docker host. The home directory begins empty.";

    private const string OnlyFilesKept =
        "Files alone are kept: env, labels, network, memory_mb and cpus are those of this call, not of the workspace before.";

    /// <summary>The image of the files that are kept under an alias; null where none are kept, or it is not known.</summary>
    public ImageReference? ImageOfKept(Caller caller, string? alias) =>
        FindKept(caller, alias) is { Image: { } image } && workspaces.FindByAlias(caller, alias!) is null
            ? ImageReference.TryParse(image)
            : null;

    /// <summary>The volume kept under the alias, one from the pool, or a name for one that is created later.</summary>
    public async Task<ChosenVolume> ChooseAsync(
        WorkspaceId id, Caller caller, SpawnRequest request, SpawnPlan plan, EngineImage image, CancellationToken cancellationToken)
    {
        var other = ImageOfKept(caller, request.Alias) is { } kept && kept.Canonical != plan.Image.Canonical
            ? $"The kept files are of a workspace with the image {kept.Canonical}; this one has {plan.Image.Canonical}."
            : null;
        var lost = await SettleLostAsync(caller, request.Alias, image.Id, cancellationToken);
        var note = lost is null || other is null ? lost ?? other : $"{lost} {other}";
        if (FindKept(caller, request.Alias) is { } files)
            return new ChosenVolume(files.Volume, files.Uid, IsNew: false, note is null ? OnlyFilesKept : $"{note} {OnlyFilesKept}");
        if (request.Persistent)
            return new ChosenVolume(PersistentPrefix + id, await pool.TakeUidAsync(cancellationToken), IsNew: true, note);
        var (name, uid) = await pool.TakeAsync(image.Id, cancellationToken);
        return new ChosenVolume(name, uid, IsNew: true, note);
    }

    /// <summary>The spawn came to nothing before it used the volume.</summary>
    public void GiveBack(ChosenVolume volume) => pool.GiveBack(volume.Name, volume.Uid);

    /// <summary>A row names the volume now.</summary>
    public void Take(ChosenVolume volume) => pool.Forget(volume.Name, volume.Uid);

    /// <summary>The workspace has the kept files now.</summary>
    public void Claim(ChosenVolume volume) => keptFiles.Delete(volume.Name);

    public Task RemoveAsync(Workspace workspace) => pool.RemoveAsync(workspace.VolumeName, CancellationToken.None);

    /// <summary>Docker makes a volume that is missing without a word, and the workspace would come back empty.</summary>
    /// <returns>Whether its home directory is there too.</returns>
    /// <exception cref="RequestException">workspace_lost: the files are gone.</exception>
    public async Task<bool> RequireAsync(Workspace workspace)
    {
        var left = await pool.FindLeftAsync(workspace.VolumeName, CancellationToken.None);
        return left.Files ? left.Home : throw LostFiles.OfWorkspace(workspace, left);
    }

    private KeptFiles? FindKept(Caller caller, string? alias) =>
        alias is not null && keptFiles.Find(caller, alias) is { } kept && kept.Alias == alias ? kept : null;

    /// <summary>
    /// Looks for the volumes of files that were kept under an alias. Docker would make an empty one without a word, which would pass for
    /// what was kept. Files of which nothing is left are forgotten.
    /// </summary>
    /// <returns>A sentence for the caller; null if nothing is lost.</returns>
    private async Task<string?> SettleLostAsync(Caller caller, string? alias, string imageId, CancellationToken cancellationToken)
    {
        if (FindKept(caller, alias) is not { } kept)
            return null;
        var left = await pool.FindLeftAsync(kept.Volume, cancellationToken);
        if (left.Files)
            return left.Home ? null : HomeLost;
        LogKeptLost(logger, kept.Volume, kept.Alias);
        if (left.Home)
        {
            await pool.RemakeAsync(imageId, kept, cancellationToken);
            return $"The files that were kept in /workspace as '{alias}' are lost: their volume {kept.Volume} is no longer on the "
                + "Docker host. The home directory is restored.";
        }
        await pool.RemoveAsync(kept.Volume, cancellationToken);
        keptFiles.Delete(kept.Volume);
        return $"The files that were kept as '{alias}' are lost: their volume {kept.Volume} is no longer on the Docker host. "
            + "The workspace begins without files.";
    }

    [LoggerMessage(LogLevel.Warning, "Kept files are gone: their volume is no longer on the Docker host")]
    private static partial void LogKeptLost(ILogger logger, string volumeName, [Untrusted] string alias);
}
