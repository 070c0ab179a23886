using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>The revisions of the protocol that clients may speak. That each is served, and no other, is tested.</summary>
internal static class ProtocolVersions
{
    /// <summary>The protocol's code for a version that is not supported.</summary>
    public const int NotSupported = -32022;

    public static IReadOnlyList<string> All { get; } = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>For a person.</summary>
    public static string Sentence { get; } = $" Supported: {string.Join(", ", All)}.";

    /// <summary>
    /// Names every version in the message of an error of the SDK, which names the newest alone. Its <c>supported</c> member stays: it has
    /// to agree with <c>server/discover</c>, which lists the versions that need no <c>initialize</c>.
    /// </summary>
    public static void Complete(JsonRpcErrorDetail error)
    {
        if (error.Code != NotSupported || error.Message.EndsWith(Sentence, StringComparison.Ordinal))
            return;
        error.Message += Sentence;
    }
}
