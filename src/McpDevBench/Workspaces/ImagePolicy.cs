namespace McpDevBench.Workspaces;

/// <summary>Which images may be used. Decides on the canonical reference, part by part.</summary>
internal sealed class ImagePolicy(WorkspaceOptions options)
{
    /// <returns>Null: allowed. Otherwise why not.</returns>
    public string? Objection(ImageReference image)
    {
        if (!options.AllowedRegistries.Contains(image.Domain, StringComparer.OrdinalIgnoreCase))
            return $"the registry {image.Domain} is not among the allowed ones ({string.Join(", ", options.AllowedRegistries)})";
        if (options.AllowedImages.Count > 0 && !options.AllowedImages.Any(pattern => Matches(pattern, image)))
            return $"{image.Repository} is not among the allowed images ({string.Join(", ", options.AllowedImages)})";
        return null;
    }

    /// <exception cref="RequestException">image_not_allowed.</exception>
    public void Require(ImageReference image)
    {
        if (Objection(image) is { } objection)
            throw new RequestException(
                ErrorCode.ImageNotAllowed, $"The image {image.Canonical} may not be used: {objection}.", Hint) { Rule = "image" };
    }

    /// <summary>
    /// Whether a name that the Docker host lists may be used. A name outside of the grammar that clients are held to may not.
    /// </summary>
    public bool Allows(string name)
    {
        try
        {
            return Objection(ImageReference.Parse(name)) is null;
        }
        catch (RequestException)
        {
            return false;
        }
    }

    /// <summary>What a client may use instead.</summary>
    public string Nearest
    {
        get
        {
            if (Objection(ImageReference.Parse(options.DefaultImage)) is null)
                return options.DefaultImage;
            if (options.AllowedImages is [var first, ..] && first != "*")
                return first;
            return $"{(options.AllowedRegistries is [var registry, ..] ? registry : "none")}/…";
        }
    }

    private string Hint => $"Use an allowed image, such as {Nearest}, or one that list_images shows; "
        + "spawn with dry_run=true says what policy decides.";

    private static bool Matches(string pattern, ImageReference image)
    {
        if (pattern == "*")
            return true;
        // An entry is a reference whose parts may be '*'; without a tag it stands for every tag.
        var colon = pattern.IndexOf(':', pattern.LastIndexOf('/') + 1);
        var at = colon >= 0 ? colon : pattern.Length;
        var tag = at < pattern.Length ? pattern[(at + 1)..] : null;
        var name = pattern[..at];
        var first = name.Split('/')[0];
        if (!name.Contains('/', StringComparison.Ordinal))
            name = "docker.io/library/" + name;
        else if (!first.AsSpan().ContainsAny(".:") && first != "localhost")
            name = "docker.io/" + name;
        var wanted = name.Split('/');
        var actual = image.Repository.Split('/');
        return wanted.Length == actual.Length
            && wanted.Zip(actual).All(pair => pair.First == "*" || pair.First.Equals(pair.Second, StringComparison.Ordinal))
            && (tag is null or "*" || tag == image.Tag);
    }
}
