using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>An image as a listing shows it.</summary>
/// <param name="Names">Tags and digests; empty for one that is only an id.</param>
internal sealed record EngineImageEntry(string Id, DateTimeOffset CreatedAt, IReadOnlyList<string> Names, IReadOnlyDictionary<string,
    string> Labels);

/// <summary>Making images from never-started containers, and removing them.</summary>
internal sealed class EngineImageLayers(DockerEngine engine)
{
    /// <summary>An image of what a container's file system holds, without a name.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CommitAsync(string dockerId, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var committed = await engine.CallAsync("commit", (client, token) => client.Images.CommitContainerChangesAsync(
            new CommitContainerChangesParameters { ContainerID = dockerId, Pause = false, Labels = new Dictionary<string,
                string>(labels) }, token), cancellationToken);
        return committed.ID;
    }

    /// <param name="label"><c>name</c> or <c>name=value</c>.</param>
    public async Task<IReadOnlyList<EngineImageEntry>> ListAsync(string label, CancellationToken cancellationToken)
    {
        var found = await engine.CallAsync("image_list", (client, token) => client.Images.ListImagesAsync(new ImagesListParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        }, token), cancellationToken);
        return [.. found.Select(image => new EngineImageEntry(
            image.ID, new DateTimeOffset(DateTime.SpecifyKind(image.Created, DateTimeKind.Utc)), NamesOf(image.RepoTags, image.RepoDigests),
            new Dictionary<string, string>(image.Labels ?? new Dictionary<string, string>())))];
    }

    /// <summary>Whether an image is on the host under a name: one that is not is held only by those that were made from it.</summary>
    public async Task<bool> HasNameAsync(string imageId, CancellationToken cancellationToken)
    {
        try
        {
            var found = await engine.CallAsync("image_inspect", (client, token) => client.Images.InspectImageAsync(imageId, token),
                cancellationToken);
            return NamesOf(found.RepoTags, found.RepoDigests).Count > 0;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <returns>False: a container uses it. One that is gone is fine.</returns>
    public async Task<bool> RemoveAsync(string imageId, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync("image_remove",
                (client, token) => client.Images.DeleteImageAsync(imageId, new ImageDeleteParameters(), token), cancellationToken);
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    private static List<string> NamesOf(IEnumerable<string>? tags, IEnumerable<string>? digests) =>
        [.. (tags ?? []).Concat(digests ?? []).Where(name => !name.StartsWith("<none>", StringComparison.Ordinal))];
}
