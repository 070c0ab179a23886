using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>An image that a workspace's container is created from.</summary>
/// <param name="UserName">The name of the workspace's user in it.</param>
/// <param name="Shell">Its best shell; null if it has none.</param>
/// <param name="CaBundle">Its certificate authorities and the operator's; null without the operator's.</param>
internal sealed record WorkspaceImage(string Id, string UserName, string? Shell, string? CaBundle);

/// <summary>
/// Images with a thin layer of ours on top: a user, Git defaults, certificate authorities, clean mount points. Made once per image and
/// recipe, kept in the engine without a name, signed, removed when the image is gone. Never pinned to and never shown: what a workspace is
/// made of is the image below.
/// </summary>
internal sealed partial class WorkspaceImages(
    DockerEngine engine, EngineContainers containers, EngineImageLayers images, LayerBuilder builder, ImageCheck check, Ownership ownership,
    EngineVolumes volumes, WorkspaceDirectory workspaces, WorkspaceOptions options, MetricCatalogue metrics, TimeProvider time,
    ILogger<WorkspaceImages> logger)
{
    /// <summary>Raised when the layer's content changes.</summary>
    private const string Version = "5";

    /// <summary>Making it again takes a fraction of a second.</summary>
    private static readonly TimeSpan _retention = TimeSpan.FromDays(7);

    /// <summary>One of another server's: whether that has used it is not known, only when it was made.</summary>
    private static readonly TimeSpan _foreignRetention = TimeSpan.FromDays(30);

    private readonly ConcurrentDictionary<string, Lazy<Task<WorkspaceImage>>> _ready = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastUsed = [];
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    private readonly string _recipe = Convert.ToHexStringLower(
        SHA256.HashData([.. Encoding.UTF8.GetBytes(Version), .. options.CertificateAuthorities ?? []]))[..12];

    /// <summary>Finds or makes it: once for all who wait. The first caller's going away does not end it for the others.</summary>
    /// <exception cref="RequestException">image_not_allowed: workspaces cannot be made of it.</exception>
    public async Task<WorkspaceImage> GetAsync(EngineImage image, CancellationToken cancellationToken)
    {
        ImageCheck.RequireModest(image);
        _lastUsed[image.Id] = time.GetUtcNow();
        var key = $"{(await engine.IdentifyAsync(cancellationToken)).Id}\n{image.Id}";
        var ready = _ready.GetOrAdd(key, _ => new Lazy<Task<WorkspaceImage>>(() => FindOrMakeAsync(image, CancellationToken.None)));
        try
        {
            return await ready.Value.WaitAsync(cancellationToken);
        }
        catch when (ready.Value.IsCompleted)
        {
            _ready.TryRemove(KeyValuePair.Create(key, ready));
            throw;
        }
    }

    /// <summary>Looks again before the next use: it was removed from the engine.</summary>
    public async Task InvalidateAsync(EngineImage image, CancellationToken cancellationToken) =>
        _ready.TryRemove($"{(await engine.IdentifyAsync(cancellationToken)).Id}\n{image.Id}", out _);

    /// <summary>
    /// Removes those whose image is gone, that another version or another setting made, or that have not been used for a week. Those that a
    /// container uses stay. Those of other servers go after 30 days: one that still exists makes its own anew.
    /// </summary>
    public async Task CollectAsync(bool dryRun, List<SweepAction> actions, CancellationToken cancellationToken)
    {
        foreach (var made in await images.ListAsync(Ownership.BaseImageLabel, cancellationToken))
        {
            var why = ownership.IsOurImage(made.Labels) ? WhyNeedlessAsync(made, cancellationToken) : WhyAbandonedAsync(made, cancellationToken);
            if (await why is not { } reason
                || (!dryRun && !await images.RemoveAsync(made.Id, cancellationToken)))
                continue;
            _ready.Clear();
            actions.Add(new SweepAction("image_removed", made.Id, reason));
        }
    }

    private async Task<string?> WhyNeedlessAsync(EngineImageEntry made, CancellationToken cancellationToken)
    {
        var imageId = made.Labels[Ownership.BaseImageLabel];
        // It may be resumed, and a layer keeps an image that has lost its name.
        if (workspaces.All.Any(workspace => workspace.ImageId == imageId))
            return null;
        if (made.Labels.GetValueOrDefault(Ownership.RecipeLabel) != _recipe)
            return "made by another version or with another setting";
        if (!await images.HasNameAsync(imageId, cancellationToken))
            return "its image is gone";
        // The start counts as a use: what was used before is not known.
        var lastUsed = _lastUsed.GetValueOrDefault(imageId, _startedAt);
        return time.GetUtcNow() - lastUsed > _retention ? $"unused for {Plural.Of((long)Math.Round(_retention.TotalDays), "day")}" : null;
    }

    /// <summary>
    /// One that has a name is an image of somebody's. One whose own image has lost its name is all that keeps that: it stays for as long as
    /// another state has files here that it may have to start.
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

    private async Task<WorkspaceImage> FindOrMakeAsync(EngineImage image, CancellationToken cancellationToken)
    {
        var found = (await images.ListAsync($"{Ownership.BaseImageLabel}={image.Id}", cancellationToken))
            .FirstOrDefault(made => made.Labels.GetValueOrDefault(Ownership.RecipeLabel) == _recipe && ownership.IsOurImage(made.Labels));
        if (found is null)
            return await MakeAsync(image, cancellationToken);
        return Ownership.ImageFromLabels(found.Id, found.Labels);
    }

    private async Task<WorkspaceImage> MakeAsync(EngineImage image, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var helper = (await containers.CreateHelperAsync(image.Id, [], ownership.HelperLabels, cancellationToken)).DockerId;
        try
        {
            var layer = await builder.BuildAsync(helper, image, cancellationToken);
            await containers.PutAsync(helper, "/", layer.Entries, cancellationToken);
            await check.RequireStraightAsync(helper, image.Volumes, cancellationToken);
            var made = new WorkspaceImage("", layer.UserName, layer.Shell, layer.CaBundle);
            made = made with { Id = await images.CommitAsync(helper, ownership.ImageLabels(image.Id, _recipe, made), cancellationToken) };
            metrics.Containers.ImagePrepared("success", time.GetElapsedTime(started));
            LogMade(logger, image.Id, made.Id, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
            return made;
        }
        catch (Exception e)
        {
            metrics.Containers.ImagePrepared(ErrorCodes.NameOf(e), time.GetElapsedTime(started));
            if (e is RequestException)
                throw;
            LogNotMade(logger, image.Id, e);
            throw new RequestException(ErrorCode.ServerError, "The image could not be prepared for workspaces.",
                "Use another image; if it stays so, ask the operator to look at the server's log.", inner: e);
        }
        finally
        {
            await containers.RemoveAsync(helper, CancellationToken.None);
        }
    }

    [LoggerMessage(LogLevel.Information, "Image prepared for workspaces")]
    private static partial void LogMade(ILogger logger, string imageId, string preparedId, double durationMs);

    [LoggerMessage(LogLevel.Error, "Image could not be prepared for workspaces")]
    private static partial void LogNotMade(ILogger logger, string imageId, Exception exception);
}
