using McpDevBench.Agents;
using McpDevBench.Storage;

namespace McpDevBench.Containers;

/// <summary>What shows that a container or volume on the Docker host is this server's: labels, and a signature that nobody else can make.</summary>
internal sealed class Ownership(InstanceKey key)
{
    public const string Label = "com.mcp.devbench";
    public const string IdLabel = "com.mcp.container_id";
    public const string AliasLabel = "com.mcp.alias";
    private const string ImageLabel = "com.mcp.image";
    private const string OwnerLabel = "com.mcp.owner";
    private const string PersistentLabel = "com.mcp.persistent";
    private const string SignatureLabel = "com.mcp.signature";

    /// <summary>On a workspace's image: the id of the image that it was made from, and what was done to that.</summary>
    public const string BaseImageLabel = "com.mcp.image.base", RecipeLabel = "com.mcp.image.recipe";

    private const string UserNameLabel = "com.mcp.image.user", ShellLabel = "com.mcp.image.shell",
        CaBundleLabel = "com.mcp.image.ca_bundle";

    /// <summary>Not the containers' one, which would shine through.</summary>
    private const string ImageSignatureLabel = "com.mcp.image.signature";

    /// <summary>Labels that begin so are ours; clients and images cannot set them.</summary>
    public const string Reserved = "com.mcp.";

    public Dictionary<string, string> ContainerLabels(Workspace workspace, string imageId)
    {
        // Every label of ours, also where it is empty: an image's own labels would shine through.
        return new Dictionary<string, string>(workspace.Labels)
        {
            [Label] = "true",
            [IdLabel] = workspace.Id.ToString(),
            [AliasLabel] = workspace.Alias ?? "",
            [AgentVolume.Label] = "false",
            [ImageLabel] = workspace.Image,
            [OwnerLabel] = workspace.Owner,
            [PersistentLabel] = workspace.Persistent ? "true" : "false",
            [SignatureLabel] = Signature("container", workspace.Id.ToString(), workspace.Owner, imageId),
        };
    }

    public Dictionary<string, string> VolumeLabels(string name) => new() { [Label] = "true", [SignatureLabel] = Signature("volume", name) };

    /// <summary>Signed, because an image that is pulled may carry any label.</summary>
    public Dictionary<string, string> ImageLabels(string baseId, string recipe, WorkspaceImage image) => new()
    {
        [BaseImageLabel] = baseId,
        [RecipeLabel] = recipe,
        [UserNameLabel] = image.UserName,
        [ShellLabel] = image.Shell ?? "",
        [CaBundleLabel] = image.CaBundle ?? "",
        [ImageSignatureLabel] = Signature("image", baseId, recipe, image.UserName, image.Shell ?? "", image.CaBundle ?? ""),
        // It comes from a helper container, but is none.
        [AgentVolume.Label] = "false",
    };

    public bool IsOurImage(IReadOnlyDictionary<string, string> labels)
    {
        string Value(string label) => labels.GetValueOrDefault(label, "");
        return Value(ImageSignatureLabel) == Signature("image", Value(BaseImageLabel), Value(RecipeLabel), Value(UserNameLabel),
            Value(ShellLabel), Value(CaBundleLabel));
    }

    /// <summary>Of one that <see cref="IsOurImage"/>.</summary>
    public static WorkspaceImage ImageFromLabels(string id, IReadOnlyDictionary<string, string> labels)
    {
        string? Value(string label) => labels.GetValueOrDefault(label) is { Length: > 0 } value ? value : null;
        return new WorkspaceImage(id, Value(UserNameLabel) ?? "", Value(ShellLabel), Value(CaBundleLabel));
    }

    public bool IsOurs(IReadOnlyDictionary<string, string> labels, string imageId) =>
        labels.GetValueOrDefault(SignatureLabel) is { } signature
        && signature == Signature("container", labels.GetValueOrDefault(IdLabel, ""), labels.GetValueOrDefault(OwnerLabel, ""), imageId);

    public bool IsOurVolume(string name, IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(SignatureLabel) == Signature("volume", name);

    /// <summary>The row that a container of ours would have had: what its labels tell, the rest by default.</summary>
    public static Workspace? FromLabels(string dockerId, IReadOnlyDictionary<string, string> labels, string volume, WorkspaceLimits limits, DateTimeOffset createdAt, DateTimeOffset now) =>
        ContainerId.TryParse(labels.GetValueOrDefault(IdLabel), out var id)
            ? new Workspace
            {
                Id = id,
                DockerId = dockerId,
                Owner = labels.GetValueOrDefault(OwnerLabel, ""),
                Alias = labels.GetValueOrDefault(AliasLabel) is { Length: > 0 } alias ? alias : null,
                Image = labels.GetValueOrDefault(ImageLabel, ""),
                Persistent = labels.GetValueOrDefault(PersistentLabel) == "true",
                Status = ContainerStatus.Running,
                VolumeName = volume,
                Limits = limits,
                Network = "none",
                Labels = labels.Where(label => !label.Key.StartsWith(Reserved, StringComparison.Ordinal)).ToDictionary(),
                Env = new Dictionary<string, string>(),
                CreatedAt = createdAt,
                LastUsedAt = now,
            }
            : null;

    /// <summary>The secret between this server and the agent of a workspace.</summary>
    public byte[] AgentSecret(ContainerId id) => key.Sign("agent", id.ToString());

    private string Signature(params ReadOnlySpan<string> parts) => Convert.ToHexStringLower(key.Sign(parts));
}
