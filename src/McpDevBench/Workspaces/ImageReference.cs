using System.Text.RegularExpressions;

namespace McpDevBench.Workspaces;

/// <summary>
/// The name of an image, parsed by the grammar of container image references and made canonical. Policy decides on it, and exactly it goes
/// to Docker.
/// </summary>
/// <param name="Domain">The registry, in lower case: <c>docker.io</c>.</param>
/// <param name="Path">The repository in it: <c>library/python</c>.</param>
/// <param name="Tag">Null when there is a digest.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hexadecimal digits, or null.</param>
internal sealed partial record ImageReference(string Domain, string Path, string? Tag, string? Digest)
{
    private const int MaxPathLength = 255, MaxReferenceLength = 512;

    public string Repository => $"{Domain}/{Path}";

    public string TagOrDigest => Digest ?? Tag!;

    /// <summary>Domain, path, and the digest or the tag.</summary>
    public string Canonical => Digest is null ? $"{Repository}:{Tag}" : $"{Repository}@{Digest}";

    /// <summary>As Docker lists it: without <c>docker.io/</c> and <c>library/</c>.</summary>
    public string Familiar
    {
        get
        {
            var text = Canonical.StartsWith("docker.io/", StringComparison.Ordinal) ? Canonical["docker.io/".Length..] : Canonical;
            return text.StartsWith("library/", StringComparison.Ordinal) ? text["library/".Length..] : text;
        }
    }

    public override string ToString() => Canonical;

    /// <exception cref="RequestException">invalid_argument: it is not an image reference.</exception>
    public static ImageReference Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw Invalid(text, "it is empty");
        if (text.Length > MaxReferenceLength)
            throw Invalid(text[..40] + "…", $"it has {text.Length} characters, at most {MaxReferenceLength} are allowed");
        if (DigestPattern().IsMatch(text))
            throw new RequestException(
                ErrorCode.InvalidArgument, $"'{text}' is a digest without a name.",
                "Put the image's name before it: name@sha256:…. list_images shows names and digests.");
        var (rest, digest) = Cut(text, text.IndexOf('@', StringComparison.Ordinal));
        if (digest is not null && !DigestPattern().IsMatch(digest))
            throw Invalid(text, "a digest is sha256: and 64 lower-case hexadecimal digits");
        var lastSlash = rest.LastIndexOf('/');
        var (name, tag) = Cut(rest, rest.IndexOf(':', lastSlash + 1));
        if (tag is not null && !TagPattern().IsMatch(tag))
            throw Invalid(text, "a tag is up to 128 letters, digits, '_', '.' and '-'");
        var firstSlash = name.IndexOf('/', StringComparison.Ordinal);
        var first = firstSlash < 0 ? "" : name[..firstSlash];
        var hasDomain = first.AsSpan().ContainsAny(".:") || first == "localhost" || first.Any(char.IsAsciiLetterUpper);
        var (domain, path) = hasDomain ? (first, name[(firstSlash + 1)..]) : ("docker.io", name);
        if (!DomainPattern().IsMatch(domain) || !PortIsValid(domain))
            throw Invalid(text, $"'{domain}' is not a registry's host name");
        domain = domain.ToLowerInvariant() is "index.docker.io" ? "docker.io" : domain.ToLowerInvariant();
        if (domain == "docker.io" && !path.Contains('/', StringComparison.Ordinal))
            path = "library/" + path;
        if (path.Length > MaxPathLength || !PathPattern().IsMatch(path))
            throw Invalid(
                text,
                "a repository's name has lower-case letters, digits and single '.', '_', '__' or '-' between them, in parts separated "
                    + "by '/'");
        if (!hasDomain && HexPattern().IsMatch(name))
            throw Invalid(text, "64 hexadecimal digits are an image's id, not its name");
        return new ImageReference(domain, path, digest is null ? tag ?? "latest" : null, digest);
    }

    /// <returns>Null for text that is not a reference: a name on the Docker host need not follow the grammar.</returns>
    public static ImageReference? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (RequestException)
        {
            return null;
        }
    }

    /// <summary>
    /// What its registry calls an image, or else its id. An image can come from several repositories: only the digest of this one counts.
    /// </summary>
    public string DigestOf(string imageId, IReadOnlyList<string> repoDigests)
    {
        foreach (var digest in repoDigests)
        {
            var at = digest.IndexOf('@', StringComparison.Ordinal);
            if (at > 0 && TryParse(digest)?.Repository == Repository)
                return digest[(at + 1)..];
        }
        return imageId;
    }

    private static (string Before, string? After) Cut(string text, int at) => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);

    private static bool PortIsValid(string domain)
    {
        var at = domain.LastIndexOf(':');
        return at < 0 || domain.EndsWith(']') || ushort.TryParse(domain.AsSpan(at + 1), out var port) && port > 0;
    }

    private static RequestException Invalid(string text, string why) => new(
        ErrorCode.InvalidArgument, $"'{text}' is not an image reference: {why}.",
        "Use a form like python:3.12-slim, ghcr.io/owner/name:tag or name@sha256:….");

    [GeneratedRegex(@"\A(?:[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex PathPattern();

    private const string Label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";

    [GeneratedRegex($@"\A(?:{Label}(?:\.{Label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?\z")]
    private static partial Regex DomainPattern();

    [GeneratedRegex(@"\A[\w][\w.-]{0,127}\z", RegexOptions.ECMAScript)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex HexPattern();
}
