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
