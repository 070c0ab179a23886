using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Storage;

namespace McpDevBench.Containers;

/// <summary>What shows that a container or volume on the Docker host is this server's: labels, and a signature that nobody else can make.</summary>
internal sealed class Ownership(InstanceKey key)
{
    public const string Label = "com.mcp.devbench";
    public const string IdLabel = "com.mcp.container_id";
    public const string AliasLabel = "com.mcp.alias";
    public const string ImageLabel = "com.mcp.image";
    public const string OwnerLabel = "com.mcp.owner";
    public const string PersistentLabel = "com.mcp.persistent";

    /// <summary>Milliseconds since 1970; empty for a time that never comes.</summary>
    public const string CreatedAtLabel = "com.mcp.created_at", ExpiresAtLabel = "com.mcp.expires_at";

    /// <summary>Milliseconds; empty without one.</summary>
    public const string IdleTimeToLiveLabel = "com.mcp.idle_ttl_ms";

    /// <summary>
    /// Names of the variables that spawn was given, as JSON. Never their values: everyone who may list containers can read a label.
    /// </summary>
    public const string VariablesLabel = "com.mcp.env_names";

    /// <summary>Names of the labels that spawn was given, as JSON: a container has those of its image too.</summary>
    public const string LabelsLabel = "com.mcp.label_names";

    private const string SignatureLabel = "com.mcp.signature";
    private const string OwnerSignatureLabel = "com.mcp.owner_signature";

    /// <summary>On a workspace's image: the id of the image that it was made from, and what was done to that.</summary>
    public const string BaseImageLabel = "com.mcp.image.base", RecipeLabel = "com.mcp.image.recipe";

    private const string UserNameLabel = "com.mcp.image.user", ShellLabel = "com.mcp.image.shell",
        CaBundleLabel = "com.mcp.image.ca_bundle";

    /// <summary>Not the containers' one, which would shine through.</summary>
    private const string ImageSignatureLabel = "com.mcp.image.signature";

    /// <summary>Labels that begin so are ours; clients and images cannot set them.</summary>
    public const string Reserved = "com.mcp.";

    /// <param name="variables">Names of the variables that spawn was given.</param>
    public Dictionary<string, string> ContainerLabels(Workspace workspace, string imageId, IReadOnlyList<string> variables)
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
            [CreatedAtLabel] = Number(workspace.CreatedAt.Milliseconds()),
            [ExpiresAtLabel] = Number(workspace.LeaseUntil?.Milliseconds()),
            [IdleTimeToLiveLabel] = Number((long?)workspace.IdleTimeToLive?.TotalMilliseconds),
            [VariablesLabel] = variables.Json(),
            [LabelsLabel] = workspace.Labels.Keys.ToList().Json(),
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

    /// <summary>Those of a persistent workspace's volume: whose files they are, should the database be lost.</summary>
    public Dictionary<string, string> VolumeLabels(string name, Workspace workspace) => new(VolumeLabels(name))
    {
        [IdLabel] = workspace.Id.ToString(),
        [OwnerLabel] = workspace.Owner,
        [AliasLabel] = workspace.KeptAs,
        [ImageLabel] = workspace.Image,
        [OwnerSignatureLabel] = Signature("volume_owner", name, workspace.Owner, workspace.KeptAs),
    };

    /// <summary>The owner of a volume's files, by its labels; null where they do not name one in our form.</summary>
    public KeptFiles? KeptFilesOf(string name, IReadOnlyDictionary<string, string> labels, DateTimeOffset now) =>
        labels.TryGetValue(OwnerLabel, out var owner) && labels.TryGetValue(AliasLabel, out var alias)
        && labels.GetValueOrDefault(OwnerSignatureLabel) == Signature("volume_owner", name, owner, alias)
            ? new KeptFiles(owner, alias, name, now, labels.GetValueOrDefault(IdLabel), labels.GetValueOrDefault(ImageLabel)) : null;

    public bool IsOurs(IReadOnlyDictionary<string, string> labels, string imageId) =>
        labels.GetValueOrDefault(SignatureLabel) is { } signature
        && signature == Signature("container", labels.GetValueOrDefault(IdLabel, ""), labels.GetValueOrDefault(OwnerLabel, ""), imageId);

    public bool IsOurVolume(string name, IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(SignatureLabel) == Signature("volume", name);

    /// <summary>The secret between this server and the agent of a workspace.</summary>
    public byte[] AgentSecret(ContainerId id) => key.Sign("agent", id.ToString());

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private string Signature(params ReadOnlySpan<string> parts) => Convert.ToHexStringLower(key.Sign(parts));
}
