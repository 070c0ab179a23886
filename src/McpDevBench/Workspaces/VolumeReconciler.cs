using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// Reconciles kept files with the volumes: those of persistent workspaces that the database does not know are kept files; kept files whose
/// volume is gone are gone.
/// </summary>
internal sealed class VolumeReconciler(WorkspaceDirectory workspaces, KeptFileStore keptFiles, Ownership ownership, TimeProvider time)
{
    /// <summary>Volumes of kept files, as the database has them.</summary>
    public HashSet<string> Kept() => keptFiles.Volumes();

    /// <param name="known">The volumes that the database knew before <paramref name="found"/> was listed.</param>
    public void Settle(IReadOnlyList<EngineVolume> found, HashSet<string> known, SweepActions actions)
    {
        var needed = keptFiles.Volumes();
        needed.UnionWith(workspaces.All.Select(workspace => workspace.VolumeName));
        foreach (var volume in found.Where(volume => !known.Contains(volume.Name) && !needed.Contains(volume.Name)))
        {
            if (OwnedFilesOf(volume) is { } kept)
                actions.Do(
                    "kept_found", volume.Name,
                    $"files of a persistent workspace that the database did not know; spawn with alias={kept.Alias} restores them",
                    () => keptFiles.Insert(kept));
        }
        var present = found.Select(volume => volume.Name).ToHashSet();
        // Of what is kept, a home directory that is left alone stays kept.
        var lost = keptFiles.Volumes()
            .Where(name => known.Contains(name) && !present.Contains(name) && !present.Contains(HomeVolume.NameOf(name)));
        foreach (var name in lost)
            actions.Do("kept_lost", name, "the volume of kept files is no longer on the Docker host", () => keptFiles.Delete(name));
    }

    private KeptFiles? OwnedFilesOf(EngineVolume volume) =>
        !HomeVolume.IsHome(volume.Name) && ownership.IsOurVolume(volume.Name, volume.Labels)
            ? ownership.KeptFilesOf(volume.Name, volume.Labels, time.GetUtcNow())
            : null;
}
