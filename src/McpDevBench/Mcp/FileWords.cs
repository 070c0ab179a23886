using McpDevBench.Files;

namespace McpDevBench.Mcp;

/// <summary>What results say of a file beside its content.</summary>
internal static class FileWords
{
    /// <summary>Hard links of a file that has more than one.</summary>
    public static long? Links(FileEntry entry) => entry is { Type: "file", Links: > 1 } ? entry.Links : null;

    public static string OfLinks(long? links) =>
        links is { } count ? Words.Invariant($" The file has {count} names (hard links); all of them show the change.") : "";
}
