namespace McpDevBench.Vocabulary;

/// <summary>Directories of a workspace, as its programs see them.</summary>
internal static class ContainerPaths
{
    public const string Workspace = "/workspace";

    public const string Home = "/home/dev";
}
