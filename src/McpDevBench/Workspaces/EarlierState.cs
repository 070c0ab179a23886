using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// What the Docker host has of states that this server does not have: of another server, or of an earlier state of this one that was lost.
/// It is left alone; counted, so that a lost state is noticed.
/// </summary>
/// <param name="Containers">Workspaces' containers.</param>
/// <param name="Volumes">Volumes with files of persistent workspaces.</param>
/// <param name="Older">Those of the containers and volumes that are older than this state's database.</param>
internal sealed record EarlierState(int Containers, int Volumes, int Older)
{
    public static EarlierState Of(
        IReadOnlyList<EngineContainer> containers, IReadOnlyList<EngineVolume> volumes, Ownership ownership, DateTimeOffset bornAt)
    {
        var foreign = containers.Where(container => !ownership.IsOurs(container)).ToList();
        var files = volumes.Where(volume => HoldsFiles(volume.Name) && !ownership.IsOurVolume(volume.Name, volume.Labels)).ToList();
        var older = foreign.Count(container => container.CreatedAt < bornAt) + files.Count(volume => volume.CreatedAt < bornAt);
        return new EarlierState(foreign.Count, files.Count, older);
    }

    /// <returns>A sentence for the operator; null if there is nothing.</returns>
    public string? Describe() => Containers + Volumes == 0
        ? null
        : $"Not adopted, because another state has made them: {Plural.Of(Containers, "container")} and "
            + $"{Plural.Of(Volumes, "volume")} with persistent files, {Older} older than this database. They belong to another server, or "
            + "to a lost state of this one, which its database and key file bring back from a backup; reconcile names the containers.";

    private static bool HoldsFiles(string volume) =>
        volume.StartsWith(SpawnVolumes.PersistentPrefix, StringComparison.Ordinal) && !HomeVolume.IsHome(volume);
}
