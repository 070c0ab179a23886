using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>Whether the volumes of a container are where they should be, seen from inside.</summary>
internal static class MountReport
{
    /// <summary>In the path of every local volume on the Docker host.</summary>
    private const string Volumes = "/volumes/";

    /// <param name="mounts">As the agent reports them; empty from an older one.</param>
    /// <param name="expected">Paths in the container, and the volumes that should be there.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Difference(IReadOnlyList<AgentMount> mounts, IReadOnlyList<(string Path, string Volume)> expected)
    {
        if (mounts.Count == 0)
            return null;
        foreach (var (path, volume) in expected)
        {
            if (mounts.LastOrDefault(mount => mount.Point == path) is not { } found)
                return $"nothing is mounted at {path}";
            if (found.Type == "tmpfs")
                return $"{path} is in memory";
            if (found.Root.Contains(Volumes, StringComparison.Ordinal) && !found.Root.Contains($"/{volume}/", StringComparison.Ordinal))
                return $"{path} is another volume";
        }
        return mounts.FirstOrDefault(mount => expected.Any(place => mount.Point.StartsWith(place.Path + "/", StringComparison.Ordinal)))
            is { } inside
            ? $"something is mounted at {AgentErrors.Clean(inside.Point)}"
            : null;
    }
}
