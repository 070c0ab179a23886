using System.Globalization;
using System.Text.Json;
using McpDevBench.Engine;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>
/// Makes the row of a container of ours that the database does not know: after it was lost, or restored from a backup. What Docker and the
/// labels hold is taken from there; what they lack is named in <see cref="Workspace.Adoption"/>.
/// </summary>
internal sealed class Adoption(
    WorkspaceOptions options, WorkspaceDirectory workspaces, WorkspaceSpec spec, WorkspaceImages prepared, Ownership ownership,
    EngineContainers containers, EngineImages images, TimeProvider time)
{
    /// <returns>Null: it has no files that could be saved.</returns>
    public async Task<Workspace?> OfAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        if (!WorkspaceId.TryParse(container.Labels.GetValueOrDefault(Ownership.IdLabel), out var id)
            || await containers.InspectAsync(container.Id, cancellationToken) is not { WorkspaceVolume: { } volume } details)
            return null;
        var unknown = new List<string>();
        var (labels, now) = (container.Labels, time.GetUtcNow());
        var owner = labels.GetValueOrDefault(Ownership.OwnerLabel, "");
        var found = new Workspace
        {
            Id = id,
            Container = container.Id,
            Owner = owner,
            Alias = AliasOf(owner, labels, unknown),
            Image = labels.GetValueOrDefault(Ownership.ImageLabel, ""),
            // A container is made of a layer of ours on top of the image; its labels are the layer's as well.
            ImageId = ownership.IsOurImage(labels) ? labels[Ownership.BaseImageLabel] : container.ImageId,
            Persistent = labels.GetValueOrDefault(Ownership.PersistentLabel) == "true",
            Status = container.State is ContainerState.Running or ContainerState.Paused ? WorkspaceStatus.Running : WorkspaceStatus.Stopped,
            VolumeName = volume,
            Uid = details.Uid,
            Limits = LimitsOf(details),
            Network = details.Network,
            Labels = LabelsOf(labels),
            Env = new Dictionary<string, string>(),
            CreatedAt = Time(labels, Ownership.CreatedAtLabel) ?? container.CreatedAt,
            LastUsedAt = now,
            LeaseUntil = Time(labels, Ownership.ExpiresAtLabel),
            IdleTimeToLive = Number(labels, Ownership.IdleTimeToLiveLabel) is { } idle ? TimeSpan.FromMilliseconds(idle) : null,
        };
        if (!labels.ContainsKey(Ownership.ExpiresAtLabel))
            unknown.Add("the time to live that it was given");
        found = await WithImageAsync(found, unknown, cancellationToken);
        AddVariables(labels, unknown);
        unknown.Add("commands that were run before");
        return found with
        {
            Adoption = "The server's database was lost, "
                + $"and the workspace was taken over from Docker on {now.UtcDateTime:yyyy-MM-dd} at {now.UtcDateTime:HH:mm} UTC. "
                + $"Its files are complete. {Ended(found)}Lost: {string.Join("; ", unknown)}.",
        };
    }

    /// <summary>No one could read the output of a command that the database does not know: see the supervisor of execs.</summary>
    private static string Ended(Workspace found) => found.Status == WorkspaceStatus.Running
        ? "Commands that were still running were ended: start servers again. "
        : "";

    /// <summary>The environment and digest that a spawn from the image gives.</summary>
    private async Task<Workspace> WithImageAsync(Workspace workspace, List<string> unknown, CancellationToken cancellationToken)
    {
        if (await images.FindAsync(workspace.ImageId!, cancellationToken) is { } image)
            return workspace with
            {
                Digest = ImageReference.Parse(workspace.Image).DigestOf(image.Id, image.RepoDigests),
                Env = spec.EnvironmentOf(workspace, image, await prepared.GetAsync(image, cancellationToken)),
            };
        unknown.Add("the environment variables of its image, which is no longer on the Docker host");
        return workspace with
        {
            Env = new Dictionary<string, string> { ["PATH"] = ContainerSpec.DefaultPath, ["HOME"] = ContainerSpec.HomePath },
        };
    }

    private string? AliasOf(string owner, IReadOnlyDictionary<string, string> labels, List<string> unknown)
    {
        if (labels.GetValueOrDefault(Ownership.AliasLabel) is not { Length: > 0 } alias)
            return null;
        if (workspaces.FindByAlias(new Caller(owner), alias) is null)
            return alias;
        unknown.Add($"its alias '{alias}', which another workspace has now");
        return null;
    }

    private WorkspaceLimits LimitsOf(EngineContainerDetails details) => new(
        details.MemoryBytes > 0 ? (int)(details.MemoryBytes >> 20) : options.Limits.MemoryMb,
        details.Cpus > 0 ? details.Cpus : options.Limits.Cpus,
        details.Pids > 0 ? (int)details.Pids : options.Limits.Pids);

    private static void AddVariables(IReadOnlyDictionary<string, string> labels, List<string> unknown)
    {
        if (Names(labels, Ownership.VariablesLabel) is not { } given)
            unknown.Add("environment variables that it was given, if there were any");
        else if (given.Length > 0)
            unknown.Add(
                $"the values of the environment variables {string.Join(", ", given)} that it was given: "
                    + "pass them as env with each command");
    }

    private static Dictionary<string, string> LabelsOf(IReadOnlyDictionary<string, string> labels)
    {
        var given = Names(labels, Ownership.LabelsLabel);
        return labels
            .Where(label => !label.Key.StartsWith(Ownership.Reserved, StringComparison.Ordinal) && given?.Contains(label.Key) != false)
            .ToDictionary();
    }

    /// <summary>Null where the label is missing, or is not as this server writes it.</summary>
    private static string[]? Names(IReadOnlyDictionary<string, string> labels, string name)
    {
        try
        {
            return labels.TryGetValue(name, out var names) ? SqliteExtensions.List(names) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTimeOffset? Time(IReadOnlyDictionary<string, string> labels, string name) =>
        Number(labels, name) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static long? Number(IReadOnlyDictionary<string, string> labels, string name) =>
        long.TryParse(labels.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 45
            ? number
            : null;
}
