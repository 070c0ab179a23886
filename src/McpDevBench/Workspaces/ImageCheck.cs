using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// Whether workspaces can be made of an image: not where what it declares would cost the engine seconds, or where a path of ours or a
/// volume of its own leads somewhere else.
/// </summary>
internal static class ImageCheck
{
    public const int MaxVariables = 1000, MaxVariableCharacters = 256 << 10, MaxVolumes = 64;

    /// <summary>What a workspace mounts that has to be kept.</summary>
    public static IReadOnlyList<string> Kept { get; } = [ContainerSpec.AgentFolder, ContainerSpec.WorkspacePath, ContainerSpec.HomePath];

    /// <summary>Where else something is mounted. Neither these nor the folders above may be links.</summary>
    public static IReadOnlyList<string> Mounted { get; } = ["/dev", "/home", "/proc", "/run", "/sys", "/tmp"];

    /// <summary>What the kernel or the layer of ours provides, so that nothing else can be mounted there.</summary>
    private static readonly string[] _provided = ["/dev", "/etc", "/proc", "/sys", ContainerSpec.UserFolder];

    /// <summary>Looks at what the image declares, before any container is made of it.</summary>
    /// <exception cref="RequestException">image_not_allowed.</exception>
    public static void RequireModest(EngineImage image)
    {
        if (image.Env.Count > MaxVariables)
            throw Unusable($"it declares {image.Env.Count} environment variables, at most {MaxVariables} are allowed");
        if (image.Env.Sum(variable => (long)variable.Length) is > MaxVariableCharacters and var characters)
            throw Unusable($"its environment variables have {characters} characters, at most {MaxVariableCharacters} are allowed");
        if (image.Volumes.Count > MaxVolumes)
            throw Unusable($"it declares {image.Volumes.Count} volumes, at most {MaxVolumes} are allowed");
        foreach (var path in image.Volumes.Select(Clean))
            RequirePlace(path, path);
    }

    /// <summary>Follows the links of the prepared image: none may lead into what is ours.</summary>
    /// <param name="draft">The image, with the layer of ours.</param>
    /// <exception cref="RequestException">image_not_allowed.</exception>
    public static async Task RequireStraightAsync(ImageDraft draft, IEnumerable<string> volumes, CancellationToken cancellationToken)
    {
        foreach (var ours in Kept.Concat(Mounted).Append(ContainerSpec.UserFolder))
        {
            if (await draft.ResolveAsync(ours, cancellationToken) is var place && place != ours)
                throw Unusable($"its {ours} leads to {place}");
        }
        if (await draft.ResolveAsync("/etc", cancellationToken) is var etc
            && Kept.Concat(Mounted).Append(ContainerSpec.UserFolder).Any(ours => IsIn(etc, ours)))
            throw Unusable($"its /etc leads to {etc}");
        foreach (var path in volumes.Select(Clean).Where(path => !Kept.Contains(path)))
            RequirePlace(path, await draft.ResolveAsync(path, cancellationToken), mayBeOurs: false);
    }

    /// <summary>An absolute path without empty parts, <c>.</c> and <c>..</c>, as Docker understands it.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        }
        return "/" + string.Join('/', parts);
    }

    private static void RequirePlace(string declared, string place, bool mayBeOurs = true)
    {
        var leads = declared == place ? "" : $", which leads to {place}";
        if (place == "/" || _provided.Any(ours => place == ours || (ours != "/etc" && IsIn(place, ours))))
            throw Unusable($"it declares the volume {declared}{leads}, and nothing can be mounted there");
        if (Kept.Any(ours => IsIn(place, ours) && !(mayBeOurs && place == ours)))
            throw Unusable($"it declares the volume {declared}{leads}, and what is there belongs to the workspace");
    }

    private static bool IsIn(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    private static RequestException Unusable(string why) => new(
        ErrorCode.ImageNotAllowed, $"The image cannot be used for workspaces: {why}.",
        "Use another image, or ask for this one to be changed.");
}
