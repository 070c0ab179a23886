using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>An image on the Docker host that policy allows.</summary>
/// <param name="Digest">As spawn reports it.</param>
internal sealed record LocalImage(string Name, long Size, string Digest, bool IsDefault);

/// <param name="Nearest">If no image matches: the name that is most like the filter; null if none is like it.</param>
internal sealed record ImagePage(
    IReadOnlyList<LocalImage> Images, string DefaultImage, bool DefaultIsLocal, string? NextCursor, string? Nearest);

/// <summary>The images that a spawn may use without pulling, in pages, by name.</summary>
internal sealed class ImageList(EngineImages images, ImagePolicy policy, WorkspaceOptions options)
{
    private const int PageSize = 100;

    /// <param name="filter">A part of the name; null for all.</param>
    /// <param name="cursor">The last name of the page before.</param>
    /// <exception cref="RequestException">invalid_argument for a cursor that is not a name.</exception>
    public async Task<ImagePage> PageAsync(string? filter, string? cursor, CancellationToken cancellationToken)
    {
        if (cursor is not null && ImageReference.TryParse(cursor) is null)
            throw SpawnPlan.Invalid("cursor", cursor, "a next_cursor of an earlier answer");
        var byDefault = ImageReference.Parse(options.DefaultImage).Canonical;
        var allowed = (await images.ListAsync(cancellationToken))
            .SelectMany(image => image.Names.Select(name => Of(image, name, byDefault))).OfType<LocalImage>().ToList();
        var wanted = allowed
            .Where(image => filter is null || image.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            .Where(image => cursor is null || string.CompareOrdinal(image.Name, cursor) > 0)
            .OrderBy(image => image.Name, StringComparer.Ordinal).Take(PageSize + 1).ToList();
        var shown = wanted.Take(PageSize).ToList();
        return new(
            shown, options.DefaultImage, allowed.Any(image => image.IsDefault), wanted.Count > PageSize ? shown[^1].Name : null,
            shown.Count == 0 && filter is not null ? NearestTo(filter, allowed) : null);
    }

    /// <summary>All that may be used, for completions.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken) =>
        [.. (await images.NamesAsync(cancellationToken)).Where(policy.Allows)];

    /// <summary>A filter is often a name without its registry or tag.</summary>
    private static string? NearestTo(string filter, List<LocalImage> allowed)
    {
        var words = allowed
            .SelectMany(image => image.Name.Split('/', ':').Append(image.Name).Select(word => (Word: word, image.Name))).ToList();
        var nearest = Vocabulary.Nearest.To(filter, words.Select(word => word.Word));
        return words.FirstOrDefault(word => word.Word == nearest).Name;
    }

    private LocalImage? Of(ListedEngineImage image, string name, string byDefault) =>
        policy.Allows(name) && ImageReference.Parse(name) is var reference
            ? new(name, image.Size, reference.DigestOf(image.Id, image.RepoDigests), reference.Canonical == byDefault)
            : null;
}
