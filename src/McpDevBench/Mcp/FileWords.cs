using McpDevBench.Files;

namespace McpDevBench.Mcp;

/// <summary>Words for a file in results.</summary>
internal static class FileWords
{
    /// <summary>Hard links of a file that has more than one.</summary>
    public static long? Links(FileEntry entry) => entry is { Type: "file", Links: > 1 } ? entry.Links : null;

    /// <summary>After a path in a list.</summary>
    public static string Kind(string type, string? linkTarget) => type switch
    {
        "directory" => "/",
        "link" => $" -> {ShownPath.Of(linkTarget ?? "")}",
        "file" => "",
        _ => $" ({type})",
    };

    public static string OfLinks(long? links) =>
        links is { } count ? Words.Invariant($" The file has {count} names (hard links); all of them show the change.") : "";
}
