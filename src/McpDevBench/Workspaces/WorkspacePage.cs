namespace McpDevBench.Workspaces;

/// <param name="NextCursor">Pass it to get the entries after these; null at the end.</param>
/// <param name="Hidden">Stopped workspaces that were not asked for.</param>
/// <param name="IsCurrent">False: Docker did not answer, and the states are those that were known before.</param>
internal sealed record WorkspacePage(IReadOnlyList<WorkspaceEntry> Containers, string? NextCursor, int Hidden, bool IsCurrent);

/// <param name="Status">Of its container: a <see cref="WorkspaceStatus"/> in lower case, or <c>paused</c>.</param>
/// <param name="IsOverDiskLimit">Tools refuse to write there until files are deleted.</param>
internal sealed record WorkspaceEntry(Workspace Workspace, string Status, int RunningExecs, bool IsOverDiskLimit);

/// <param name="IsMissing">The volume with the files of /workspace is no longer on the Docker host.</param>
/// <param name="HasHome">The volume with the home directory is there.</param>
internal sealed record ListedKeptFiles(KeptFiles Files, bool IsMissing, bool HasHome);
