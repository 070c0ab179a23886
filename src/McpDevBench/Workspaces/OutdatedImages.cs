using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// Removes prepared images whose image is gone, that another version or another setting made, or that have not been used for a week. Those
/// that a container uses stay. Those of other servers go after 30 days: one that still exists makes its own anew.
/// </summary>
internal sealed class OutdatedImages(
    WorkspaceImages prepared, EngineImageLayers images, EngineVolumes volumes, WorkspaceDirectory workspaces, Ownership ownership,
    TimeProvider time)
{
    /// <summary>Making it again takes a fraction of a second.</summary>
    private static readonly TimeSpan _retention = TimeSpan.FromDays(7);

    /// <summary>One of another server's: whether that has used it is not known, only when it was made.</summary>
    private static readonly TimeSpan _foreignRetention = TimeSpan.FromDays(30);

    public async Task CollectAsync(SweepActions actions, CancellationToken cancellationToken)
    {
        foreach (var made in await images.ListAsync(Ownership.BaseImageLabel, cancellationToken))
        {
            var reason = ownership.IsOurImage(made.Labels)
                ? await WhyNeedlessAsync(made, cancellationToken)
                : await WhyAbandonedAsync(made, cancellationToken);
            if (reason is null || (!actions.DryRun && !await images.RemoveAsync(made.Id, cancellationToken)))
                continue;
            prepared.InvalidateAll();
            actions.Add("image_removed", made.Id, reason);
        }
    }

    private async Task<string?> WhyNeedlessAsync(EngineImageEntry made, CancellationToken cancellationToken)
    {
        var imageId = made.Labels[Ownership.BaseImageLabel];
        // It may be resumed, and a layer keeps an image that has lost its name.
        if (workspaces.All.Any(workspace => workspace.ImageId == imageId))
            return null;
        if (made.Labels.GetValueOrDefault(Ownership.RecipeLabel) != prepared.Recipe)
            return "made by another version or with another setting";
        if (!await images.HasNameAsync(imageId, cancellationToken))
            return "its image is gone";
        return time.GetUtcNow() - prepared.LastUsed(imageId) > _retention
            ? $"unused for {Plural.Of((long)Math.Round(_retention.TotalDays), "day")}"
            : null;
    }

    /// <summary>
    /// One that has a name is not the server's to remove. One whose own image has lost its name is all that keeps that: it stays for as
    /// long as another state has files here that it may have to start.
    /// </summary>
    private async Task<string?> WhyAbandonedAsync(EngineImageEntry made, CancellationToken cancellationToken)
    {
        if (made.Names.Count > 0 || time.GetUtcNow() - made.CreatedAt < _foreignRetention)
            return null;
        if (!await images.HasNameAsync(made.Labels[Ownership.BaseImageLabel], cancellationToken)
            && (await volumes.ListAsync(Ownership.Label, cancellationToken))
                .Any(volume => !ownership.IsOurVolume(volume.Name, volume.Labels)))
            return null;
        return $"made by another server, more than {_foreignRetention.TotalDays:0} days ago";
    }
}
