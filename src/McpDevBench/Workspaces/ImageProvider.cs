using System.Collections.Concurrent;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>Finds an allowed image on the Docker host, or pulls it: once for all who wait for it.</summary>
internal sealed class ImageProvider(
    DockerEngine engine, EngineImages images, WorkspaceImages prepared, ImagePolicy policy, RegistryCredentials credentials)
{
    private readonly ConcurrentDictionary<string, Pull> _pulls = [];

    /// <summary>How long a pull may take.</summary>
    public TimeSpan PullTimeout => engine.PullTimeout;

    /// <exception cref="RequestException">invalid_argument: it is there, for another architecture.</exception>
    public async Task<bool> IsPresentAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        if (await FindAsync(reference, cancellationToken) is not { } image)
            return false;
        RequirePlatform(reference, image, (await engine.IdentifyAsync(cancellationToken)).Architecture);
        return true;
    }

    /// <param name="onPull">The progress of the pull, if the image has to be pulled.</param>
    /// <exception cref="RequestException">image_not_found, registry_unavailable, or invalid_argument for another architecture.</exception>
    public async Task<EngineImage> GetAsync(ImageReference reference, Action<PullState>? onPull, CancellationToken cancellationToken)
    {
        var image = await FindAsync(reference, cancellationToken);
        if (image is null)
        {
            await PullAsync(reference, onPull, cancellationToken);
            image = await images.FindAsync(reference.Canonical, cancellationToken)
                ?? throw new RequestException(
                    ErrorCode.ImageNotFound, $"The image {reference.Canonical} was pulled, but Docker does not have it.",
                    "Call spawn again.", retryable: true);
        }
        RequirePlatform(reference, image, (await engine.IdentifyAsync(cancellationToken)).Architecture);
        // Once per image, and part of getting it: the spawn itself then finds it done.
        await prepared.GetAsync(image, cancellationToken);
        return image;
    }

    /// <summary>
    /// The image that a workspace was made of, whatever its name stands for today. Pulled by its digest if the host no longer has it.
    /// </summary>
    /// <exception cref="RequestException">image_not_found: it is gone, and its registry does not have it either.</exception>
    public async Task<EngineImage> FindAgainAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var repository = ImageReference.Parse(workspace.Image).Repository;
        var pinned = workspace.Digest is { } digest && digest != workspace.ImageId ? $"{repository}@{digest}" : null;
        foreach (var reference in new[] { workspace.ImageId, pinned, workspace.Digest })
        {
            if (reference is not null && await images.FindAsync(reference, cancellationToken) is { } image)
                return image;
        }
        if (pinned is null)
            throw Gone(workspace, workspace.ImageId ?? workspace.Image, null);
        try
        {
            return await GetAsync(ImageReference.Parse(pinned), null, cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ImageNotFound)
        {
            throw Gone(workspace, pinned, e);
        }
    }

    /// <summary>No rule of the operator's is against an image of another architecture; it just cannot run here.</summary>
    /// <exception cref="RequestException">invalid_argument.</exception>
    public static void RequirePlatform(ImageReference reference, EngineImage image, string architecture)
    {
        if (image.Os != "linux" || image.Architecture != architecture)
            throw new RequestException(
                ErrorCode.InvalidArgument,
                $"The image {reference.Canonical} is for {image.Os}/{image.Architecture}, this Docker host is linux/{architecture}.",
                $"Use an image for linux/{architecture}.");
    }

    /// <summary>The name on the Docker host that is most like a reference and that policy allows, or null.</summary>
    internal static string? NearestOf(ImageReference reference, IEnumerable<string> names, ImagePolicy policy) =>
        names.Where(policy.Allows).FirstOrDefault(name => name.EndsWith("/" + reference.Familiar, StringComparison.Ordinal))
        ?? Nearest.To(reference.Familiar, names.Where(policy.Allows));

    /// <summary>
    /// By its name; or by the id that list_images shows as the digest of an image that no registry has. Policy has decided on the name, so
    /// the image of that id must have this name too.
    /// </summary>
    private async Task<EngineImage?> FindAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        if (await images.FindAsync(reference.Canonical, cancellationToken) is { } named)
            return named;
        return reference.Digest is { } id && await images.FindAsync(id, cancellationToken) is { } image
            && image.Names.Any(name => ImageReference.TryParse(name)?.Repository == reference.Repository) ? image : null;
    }

    private static RequestException Gone(Workspace workspace, string reference, Exception? inner) => new(
        ErrorCode.ImageNotFound,
        $"The image of workspace {workspace.Id} ({workspace.Image}, {reference}) is no longer on the Docker host, "
            + "so its container cannot be started again. Its files are kept.",
        "Ask the operator to load or pull this image, then call attach. "
            + "To use the files with another image: kill with keep_workspace=true, then spawn with the same alias.",
        inner: inner);

    private async Task PullAsync(ImageReference reference, Action<PullState>? onPull, CancellationToken cancellationToken)
    {
        // The pull belongs to all who wait for it: the first caller's disconnecting must not end it for the others.
        var pull = _pulls.GetOrAdd(reference.Canonical, _ => new Pull(progress =>
            images.PullAsync(
                reference.Repository, reference.TagOrDigest, credentials.For(reference.Domain), progress, CancellationToken.None)));
        pull.Progress.Changed += onPull;
        try
        {
            await pull.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (CallDeadline.Current is { HasPassed: true })
        {
            throw new RequestException(
                ErrorCode.Timeout, $"The image {reference.Canonical} is still being pulled; the pull goes on.",
                "Call spawn again in a while. With a progress token, spawn waits for the image and reports how far it is.",
                retryable: true);
        }
        catch (RequestException error) when (error.Code is ErrorCode.ImageNotFound or ErrorCode.RegistryUnavailable)
        {
            var nearest = NearestOf(reference, await images.NamesAsync(cancellationToken), policy);
            throw nearest is null
                ? error
                : new RequestException(
                    error.Code, error.Message, $"Did you mean {nearest}, which is on the Docker host? {error.Hint}",
                    error.Retryable, error);
        }
        finally
        {
            pull.Progress.Changed -= onPull;
            if (pull.Task.IsCompleted)
                _pulls.TryRemove(KeyValuePair.Create(reference.Canonical, pull));
        }
    }

    /// <summary>
    /// One pull and its progress, shared by all who wait for the image. Started by the first who asks for <see cref="Task"/>.
    /// </summary>
    private sealed class Pull
    {
        private readonly Lazy<Task> _task;

        public Pull(Func<PullProgress, Task> start) => _task = new Lazy<Task>(() => start(Progress));

        public PullProgress Progress { get; } = new();

        public Task Task => _task.Value;
    }
}
