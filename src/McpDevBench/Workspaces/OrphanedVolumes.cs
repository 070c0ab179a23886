using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>Removes volumes of ours that no workspace needs.</summary>
internal sealed class OrphanedVolumes(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceStore store, KeptFileStore keptFiles, Ownership ownership,
    VolumePool pool, EngineVolumes volumes, TimeProvider time)
{
    public async Task CollectAsync(SweepActions actions, CancellationToken cancellationToken)
    {
        var needed = keptFiles.Volumes();
        var found = await volumes.ListAsync(Ownership.Label, cancellationToken);
        // After the listing: a spawn writes its row before it creates the volume.
        needed.UnionWith(pool.Names.Keys);
        needed.UnionWith(workspaces.All.Select(workspace => workspace.VolumeName));
        // And again: a kill writes that files are kept before it removes the row.
        needed.UnionWith(keptFiles.Volumes());
        needed.UnionWith(needed.Select(HomeVolume.NameOf).ToList());
        foreach (var volume in found.Where(volume => !needed.Contains(volume.Name)))
        {
            if (WhyLeftAlone(volume) is { } reason)
                actions.LeaveAlone(volume.Name, reason);
            else if (actions.DryRun || await volumes.RemoveAsync(volume.Name, cancellationToken))
                actions.Add("volume_removed", volume.Name, "no workspace has it");
        }
    }

    private string? WhyLeftAlone(EngineVolume volume)
    {
        if (!ownership.IsOurVolume(volume.Name, volume.Labels))
            return SweepAction.Foreign;
        if (volume.Name.StartsWith(SpawnVolumes.PersistentPrefix, StringComparison.Ordinal))
            return "files of a persistent workspace, but nothing says whose";
        return volume.CreatedAt < store.BornAt && time.GetUtcNow() < store.BornAt + options.TransientRetention
            ? "it is older than the database, which may have been lost; "
                + $"removed after {Plural.Of((long)options.TransientRetention.TotalDays, "day")}"
            : null;
    }
}
