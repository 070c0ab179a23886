namespace McpDevBench.Workspaces;

internal sealed record Attached(Workspace Workspace, int RunningExecs);

/// <param name="Status"><c>stopped</c> or <c>removed</c>.</param>
/// <param name="Volume">What became of the workspace's files: <c>removed</c> or <c>kept</c>.</param>
/// <param name="KeptAs">The alias that brings kept files back; null if they are gone.</param>
/// <param name="HomeAlone">Only the home directory is kept: the volume of /workspace was gone before.</param>
internal sealed record Killed(string ContainerId, string Status, string Volume, string? KeptAs, bool HomeAlone = false);

/// <param name="Files">The volume behind /workspace is on the Docker host.</param>
/// <param name="Home">The volume behind the home directory is.</param>
internal readonly record struct VolumesLeft(bool Files, bool Home);
