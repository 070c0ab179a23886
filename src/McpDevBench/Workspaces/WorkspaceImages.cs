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
    DockerEngine engine, EngineImageLayers images, LayerBuilder builder, Ownership ownership, WorkspaceOptions options,
    MetricCatalogue metrics, TimeProvider time, ILogger<WorkspaceImages> logger)
{
    /// <summary>Raised when the layer's content changes.</summary>
    private const string Version = "5";

    private readonly ConcurrentDictionary<string, Lazy<Task<WorkspaceImage>>> _ready = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastUsed = [];
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>What is done to an image, as a digest: another version or another setting has another.</summary>
    public string Recipe { get; } = Convert.ToHexStringLower(
        SHA256.HashData([.. Encoding.UTF8.GetBytes(Version), .. options.CertificateAuthorities ?? []]))[..12];

    /// <summary>
    /// When a workspace's container was last made of an image; at the earliest the start, since what came before is not known.
    /// </summary>
    public DateTimeOffset LastUsed(string imageId) => _lastUsed.GetValueOrDefault(imageId, _startedAt);

    /// <summary>Looks again for all of them: some were removed from the engine.</summary>
    public void InvalidateAll() => _ready.Clear();

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

    private async Task<WorkspaceImage> FindOrMakeAsync(EngineImage image, CancellationToken cancellationToken)
    {
        var found = (await images.ListAsync($"{Ownership.BaseImageLabel}={image.Id}", cancellationToken))
            .FirstOrDefault(made => made.Labels.GetValueOrDefault(Ownership.RecipeLabel) == Recipe && ownership.IsOurImage(made.Labels));
        if (found is null)
            return await MakeAsync(image, cancellationToken);
        return Ownership.ImageFromLabels(found.Id, found.Labels);
    }

    private async Task<WorkspaceImage> MakeAsync(EngineImage image, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await using var draft = await images.DraftAsync(image.Id, ownership.HelperLabels, cancellationToken);
        try
        {
            var layer = await builder.BuildAsync(draft, image, cancellationToken);
            await draft.AddAsync(layer.Entries, cancellationToken);
            await ImageCheck.RequireStraightAsync(draft, image.Volumes, cancellationToken);
            var made = new WorkspaceImage("", layer.UserName, layer.Shell, layer.CaBundle);
            made = made with { Id = await draft.CommitAsync(ownership.ImageLabels(image.Id, Recipe, made), cancellationToken) };
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
    }

    [LoggerMessage(LogLevel.Information, "Image prepared for workspaces")]
    private static partial void LogMade(ILogger logger, string imageId, string preparedId, double durationMs);

    [LoggerMessage(LogLevel.Error, "Image could not be prepared for workspaces")]
    private static partial void LogNotMade(ILogger logger, string imageId, Exception exception);
}
