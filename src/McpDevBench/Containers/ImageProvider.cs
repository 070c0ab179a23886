using System.Collections.Concurrent;
using McpDevBench.Engine;

namespace McpDevBench.Containers;

/// <summary>Finds an allowed image on the Docker host, or pulls it: once for all who wait for it.</summary>
internal sealed class ImageProvider(DockerEngine engine, EngineImages images, RegistryCredentials credentials)
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> _pulls = [];

    public async Task<bool> IsPresentAsync(ImageReference reference, CancellationToken cancellationToken) =>
        await images.FindAsync(reference.Canonical, cancellationToken) is not null;

    /// <param name="onPull">The registry's progress, if it has to be pulled.</param>
    /// <exception cref="RefusalException">image_not_found, or invalid_argument for another architecture.</exception>
    public async Task<EngineImage> GetAsync(ImageReference reference, Action<string>? onPull, CancellationToken cancellationToken)
    {
        var image = await images.FindAsync(reference.Canonical, cancellationToken);
        if (image is null)
        {
            await PullAsync(reference, onPull, cancellationToken);
            image = await images.FindAsync(reference.Canonical, cancellationToken)
                ?? throw new RefusalException(RefusalCode.ImageNotFound, $"The image {reference.Canonical} was pulled, but Docker does not have it.", "Call spawn again.", retryable: true);
        }
        RequirePlatform(reference, image, (await engine.IdentifyAsync(cancellationToken)).Architecture);
        return image;
    }

    /// <summary>No rule of the operator's is against an image of another architecture; it just cannot run here.</summary>
    /// <exception cref="RefusalException">invalid_argument.</exception>
    public static void RequirePlatform(ImageReference reference, EngineImage image, string architecture)
    {
        if (image.Os != "linux" || image.Architecture != architecture)
            throw new RefusalException(RefusalCode.InvalidArgument, $"The image {reference.Canonical} is for {image.Os}/{image.Architecture}, this Docker host is linux/{architecture}.", $"Use an image for linux/{architecture}.");
    }

    private async Task PullAsync(ImageReference reference, Action<string>? onPull, CancellationToken cancellationToken)
    {
        // The pull itself is nobody's alone: the first caller's disconnecting must not end it for the others.
        var pull = _pulls.GetOrAdd(reference.Canonical, _ => new Lazy<Task>(() =>
            images.PullAsync(reference.Repository, reference.TagOrDigest, credentials.For(reference.Domain), onPull, CancellationToken.None)));
        try
        {
            await pull.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (pull.Value.IsCompleted)
                _pulls.TryRemove(KeyValuePair.Create(reference.Canonical, pull));
        }
    }
}
