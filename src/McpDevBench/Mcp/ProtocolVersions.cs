namespace McpDevBench.Mcp;

/// <summary>The revisions of the protocol that clients may speak. That each is served, and no other, is tested.</summary>
internal static class ProtocolVersions
{
    /// <summary>The protocol's code for a version that is not supported.</summary>
    public const int NotSupported = -32022;

    public static IReadOnlyList<string> All { get; } = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
}
