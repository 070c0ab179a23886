using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>An image as a listing shows it.</summary>
/// <param name="Names">Tags and digests; empty for one that is only an id.</param>
internal sealed record EngineImageEntry(
    string Id, DateTimeOffset CreatedAt, IReadOnlyList<string> Names, IReadOnlyDictionary<string, string> Labels);

/// <summary>Makes images from images, and removes them.</summary>
internal sealed class EngineImageLayers(DockerEngine engine, HelperContainers helpers, TimeProvider time)
{
    /// <summary>Opens an image for reading, and for making another image on top of it.</summary>
    /// <param name="labelsOf">Of the never-started container that it takes, by its name.</param>
    public async Task<ImageDraft> DraftAsync(
        string imageId, Func<string, Dictionary<string, string>> labelsOf, CancellationToken cancellationToken) =>
        new(engine, await helpers.CreateAsync(imageId, [], labelsOf, cancellationToken), time);

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
