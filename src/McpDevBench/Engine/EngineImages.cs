using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>An image on the Docker host.</summary>
/// <param name="Id">The digest of its configuration: what containers are created from, whatever a tag says later.</param>
/// <param name="RepoDigests"><c>repository@sha256:…</c>, where it came from.</param>
internal sealed record EngineImage(
    string Id, string Os, string Architecture, IReadOnlyList<string> RepoDigests, IReadOnlyList<string> Env,
    IReadOnlyCollection<string> Volumes)
{
    /// <summary>Repository and tag, each.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}

/// <summary>An image as the host lists it.</summary>
/// <param name="Names">Repository and tag.</param>
internal sealed record ListedEngineImage(string Id, IReadOnlyList<string> Names, IReadOnlyList<string> RepoDigests, long Size);

/// <summary>Finding and pulling images.</summary>
internal sealed class EngineImages(DockerEngine engine)
{
    /// <returns>Null if the image is not on the host.</returns>
    public async Task<EngineImage?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            var found = await engine.CallAsync(
                "image_inspect", (client, token) => client.Images.InspectImageAsync(reference, token), cancellationToken);
            return new EngineImage(
                found.ID, found.Os, found.Architecture, [.. found.RepoDigests ?? []], [.. found.Config?.Env ?? []],
                [.. found.Config?.Volumes?.Keys ?? (IEnumerable<string>)[]]) { Names = [.. found.RepoTags ?? []] };
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Every image on the host that has a name.</summary>
    public async Task<IReadOnlyList<ListedEngineImage>> ListAsync(CancellationToken cancellationToken)
    {
        var images = await engine.CallAsync(
            "image_list", (client, token) => client.Images.ListImagesAsync(new ImagesListParameters(), token), cancellationToken);
        return
        [
            .. images.Select(
                image => new ListedEngineImage(
                    image.ID, [.. (image.RepoTags ?? []).Where(name => name != "<none>:<none>")], [.. image.RepoDigests ?? []], image.Size))
                .Where(image => image.Names.Count > 0),
        ];
    }

    /// <summary>Every name (repository and tag) on the host.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken)).SelectMany(image => image.Names).Order(StringComparer.Ordinal)];

    /// <param name="repository">Canonical, without tag or digest.</param>
    /// <param name="tagOrDigest">A tag, or <c>sha256:…</c>.</param>
    /// <exception cref="RequestException">image_not_found: the registry does not have it, or does not give it to us. registry_unavailable:
    /// it could not be asked.</exception>
    public async Task PullAsync(
        string repository, string tagOrDigest, AuthConfig? credentials, PullProgress progress, CancellationToken cancellationToken)
    {
        string? failure = null;
        var messages = new Progress(message =>
        {
            failure ??= message.Error?.Message;
            progress.Report(message.ID, message.Status, message.Progress?.Current ?? 0, message.Progress?.Total ?? 0);
        });
        try
        {
            var parameters = new ImagesCreateParameters { FromImage = repository, Tag = tagOrDigest };
            await engine.PullAsync(
                (client, token) => client.Images.CreateImageAsync(parameters, credentials ?? new AuthConfig(), messages, token),
                cancellationToken);
        }
        catch (DockerApiException e)
        {
            failure = DockerEngine.Text(e);
        }
        if (failure is not null)
            throw PullFailures.ErrorOf(
                $"{repository}{(tagOrDigest.Contains(':', StringComparison.Ordinal) ? '@' : ':')}{tagOrDigest}", failure);
    }

    private sealed class Progress(Action<JSONMessage> report) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value) => report(value);
    }
}
