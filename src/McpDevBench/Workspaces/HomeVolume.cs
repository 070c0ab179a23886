namespace McpDevBench.Workspaces;

/// <summary>
/// The volume behind a workspace's home directory. Its name follows from that of the workspace's volume, so that both are made, kept,
/// restored and removed as one.
/// </summary>
internal static class HomeVolume
{
    private const string Suffix = "_home";

    public static string NameOf(string workspaceVolume) => workspaceVolume + Suffix;

    /// <param name="homeVolume">One that <see cref="IsHome"/>.</param>
    public static string WorkspaceOf(string homeVolume) => homeVolume[..^Suffix.Length];

    public static bool IsHome(string volume) => volume.EndsWith(Suffix, StringComparison.Ordinal);
}
