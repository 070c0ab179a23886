using System.Globalization;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>
/// What shows that a container or volume on the Docker host is this server's: labels, and a signature that takes the instance key.
/// </summary>
internal sealed class Ownership(InstanceKey key, TimeProvider time)
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

    /// <summary>The user of the programs in a container, to whom a volume belongs; without it <see cref="WorkspaceUser.Shared"/>.</summary>
    public const string UidLabel = "com.mcp.uid";

    private const string SignatureLabel = "com.mcp.signature";

    /// <summary>When the container itself was asked for, in milliseconds since 1970: part of its signature.</summary>
    private const string MadeAtLabel = "com.mcp.made_at";

    /// <summary>Between the server's clock and the Docker host's; a copy of the labels on a later container is none of ours.</summary>
    private static readonly TimeSpan _clockSkew = TimeSpan.FromHours(1);

    /// <summary>What is younger may still be in use.</summary>
    private static readonly TimeSpan _helperLifetime = TimeSpan.FromMinutes(2);

    private const string OwnerSignatureLabel = "com.mcp.owner_signature";

    /// <summary>On a workspace's image: the id of the image that it was made from, and what was done to that.</summary>
    public const string BaseImageLabel = "com.mcp.image.base", RecipeLabel = "com.mcp.image.recipe";

    private const string UserNameLabel = "com.mcp.image.user", ShellLabel = "com.mcp.image.shell",
        CaBundleLabel = "com.mcp.image.ca_bundle";

    /// <summary>Not the containers' one, which would shine through.</summary>
    private const string ImageSignatureLabel = "com.mcp.image.signature";

    /// <summary>Labels that begin so are ours; clients and images cannot set them.</summary>
    public const string Reserved = "com.mcp.";

    /// <param name="name">The container's.</param>
    /// <param name="variables">Names of the variables that spawn was given.</param>
    public Dictionary<string, string> ContainerLabels(
        Workspace workspace, string name, string imageId, IReadOnlyList<string> variables)
    {
        var madeAt = Number(time.GetUtcNow().Milliseconds());
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
            [UidLabel] = Number(workspace.Uid),
            [CreatedAtLabel] = Number(workspace.CreatedAt.Milliseconds()),
            [ExpiresAtLabel] = Number(workspace.LeaseUntil?.Milliseconds()),
            [IdleTimeToLiveLabel] = Number((long?)workspace.IdleTimeToLive?.TotalMilliseconds),
            [VariablesLabel] = variables.Json(),
            [LabelsLabel] = workspace.Labels.Keys.ToList().Json(),
            [MadeAtLabel] = madeAt,
            [SignatureLabel] = Signature("container", workspace.Id.ToString(), workspace.Owner, imageId, name, madeAt),
        };
    }

    /// <param name="uid">To whom it belongs.</param>
    public Dictionary<string, string> VolumeLabels(string name, int uid)
    {
        // As a server before this one has it, where it belongs to the user that all shared.
        if (uid == WorkspaceUser.Shared)
            return new() { [Label] = "true", [SignatureLabel] = Signature("volume", name) };
        return new() { [Label] = "true", [UidLabel] = Number(uid), [SignatureLabel] = Signature("volume", name, Number(uid)) };
    }

    /// <summary>To whom a volume belongs.</summary>
    public static int UidOf(IReadOnlyDictionary<string, string> labels) =>
        int.TryParse(labels.GetValueOrDefault(UidLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid > 0
            ? uid : WorkspaceUser.Shared;

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
    public Dictionary<string, string> VolumeLabels(string name, Workspace workspace) => new(VolumeLabels(name, workspace.Uid))
    {
        [IdLabel] = workspace.Id.ToString(),
        [OwnerLabel] = workspace.Owner,
        [AliasLabel] = workspace.KeptAs,
        [ImageLabel] = workspace.Image,
        [OwnerSignatureLabel] = Signature("volume_owner", name, workspace.Owner, workspace.KeptAs),
    };

    /// <summary>Those of a volume of kept files that is made anew.</summary>
    public Dictionary<string, string> VolumeLabels(KeptFiles kept)
    {
        var labels = VolumeLabels(kept.Volume, kept.Uid);
        if (kept is not { ContainerId: { } id, Image: { } image }
            || !kept.Volume.StartsWith(SpawnVolumes.PersistentPrefix, StringComparison.Ordinal))
            return labels;
        return new(labels)
        {
            [IdLabel] = id,
            [OwnerLabel] = kept.Owner,
            [AliasLabel] = kept.Alias,
            [ImageLabel] = image,
            [OwnerSignatureLabel] = Signature("volume_owner", kept.Volume, kept.Owner, kept.Alias),
        };
    }

    /// <summary>The owner of a volume's files, by its labels; null where they do not name one in our form.</summary>
    public KeptFiles? KeptFilesOf(string name, IReadOnlyDictionary<string, string> labels, DateTimeOffset now) =>
        labels.TryGetValue(OwnerLabel, out var owner) && labels.TryGetValue(AliasLabel, out var alias)
        && labels.GetValueOrDefault(OwnerSignatureLabel) == Signature("volume_owner", name, owner, alias)
            ? new KeptFiles(owner, alias, name, now, labels.GetValueOrDefault(IdLabel), labels.GetValueOrDefault(ImageLabel),
                UidOf(labels)) : null;

    /// <summary>
    /// Whether this server made the container: the signature is bound to the image, the name, which no two containers share, and the time.
    /// Labels alone can be copied, also without intent: an image that is committed from a workspace carries them on.
    /// </summary>
    public bool IsOurs(EngineContainer container)
    {
        var labels = container.Labels;
        string Value(string label) => labels.GetValueOrDefault(label, "");
        if (!WorkspaceId.TryParse(Value(IdLabel), out var id) || container.Name != WorkspaceContainers.NameOf(id))
            return false;
        // Those of a server before this one are bound to the image alone.
        var signature = labels.ContainsKey(MadeAtLabel)
            ? Signature("container", Value(IdLabel), Value(OwnerLabel), container.ImageId, container.Name, Value(MadeAtLabel))
            : Signature("container", Value(IdLabel), Value(OwnerLabel), container.ImageId);
        return Value(SignatureLabel) == signature && (!labels.ContainsKey(MadeAtLabel) || WasMadeThen(container));
    }

    /// <summary>Those of a container that is never started, and used to put files into volumes or to prepare an image.</summary>
    public Dictionary<string, string> HelperLabels(string name)
    {
        var madeAt = Number(time.GetUtcNow().Milliseconds());
        return new() { [AgentVolume.Label] = "true", [MadeAtLabel] = madeAt, [SignatureLabel] = Signature("helper", name, madeAt) };
    }

    /// <param name="imageId">Any image on the engine.</param>
    public HelperNeeds NeedsOf(string imageId) => new(imageId, HelperLabels);

    public bool IsOurHelper(EngineContainer container) =>
        container.Labels.GetValueOrDefault(SignatureLabel) ==
            Signature("helper", container.Name, container.Labels.GetValueOrDefault(MadeAtLabel, "")) && WasMadeThen(container);

    /// <summary>Whether a helper is left from a crash.</summary>
    public bool IsAbandonedHelper(EngineContainer container) =>
        container.State == ContainerState.Created && time.GetUtcNow() - container.CreatedAt > _helperLifetime && IsOurHelper(container);

    private static bool WasMadeThen(EngineContainer container) =>
        long.TryParse(container.Labels.GetValueOrDefault(MadeAtLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var madeAt)
        && Math.Abs(container.CreatedAt.Milliseconds() - madeAt) < _clockSkew.TotalMilliseconds;

    public bool IsOurVolume(string name, IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(SignatureLabel) ==
        (labels.TryGetValue(UidLabel, out var uid) ? Signature("volume", name, uid) : Signature("volume", name));

    /// <summary>The secret between this server and the agent of a workspace.</summary>
    public byte[] AgentSecret(WorkspaceId id) => key.Sign("agent", id.ToString());

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private string Signature(params ReadOnlySpan<string> parts) => Convert.ToHexStringLower(key.Sign(parts));
}
