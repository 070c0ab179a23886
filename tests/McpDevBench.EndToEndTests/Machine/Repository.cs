namespace McpDevBench.EndToEndTests.Machine;

/// <summary>The checkout that these tests were built from, and what was built in it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The native binary under test.</summary>
    public static string Binary { get; } =
        Environment.GetEnvironmentVariable("MCP_DEVBENCH_BINARY") is { Length: > 0 } given ? given : Path.Combine(
            Root, "artifacts", "mcp-devbench");

    /// <summary>Built with these tests, in the same configuration.</summary>
    public static string ConformanceHost { get; } = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "McpDevBench.ConformanceHost", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
        "McpDevBench.ConformanceHost");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "global.json")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException("These tests belong into the repository: no global.json above " + AppContext.BaseDirectory);
    }
}
