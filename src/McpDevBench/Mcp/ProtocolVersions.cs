using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>The revisions of the protocol that clients may speak. That each is served, and no other, is tested.</summary>
internal static class ProtocolVersions
{
    /// <summary>The protocol's code for a version that is not supported.</summary>
    public const int NotSupported = -32022;

    public static IReadOnlyList<string> All { get; } = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>For a program.</summary>
    public static JsonArray List => [.. All.Select(version => (JsonNode?)JsonValue.Create(version))];

    /// <summary>For a person.</summary>
    public static string Sentence { get; } = $" Supported: {string.Join(", ", All)}.";

    /// <summary>Names every version in an error of the SDK, which names the newest alone.</summary>
    public static void Complete(JsonRpcErrorDetail error)
    {
        if (error.Code != NotSupported || error.Message.EndsWith(Sentence, StringComparison.Ordinal))
            return;
        var given = error.Data is { } data
            ? JsonSerializer.SerializeToNode(data, McpJsonUtilities.DefaultOptions.GetTypeInfo(data.GetType()))
            : null;
        error.Message += Sentence;
        error.Data = new JsonObject { ["supported"] = List, ["requested"] = given?["requested"]?.DeepClone() };
    }
}
