using System.Collections.Frozen;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>The protocol's methods, so that a client cannot invent a metric's label.</summary>
internal static class ProtocolMethods
{
    public static FrozenSet<string> All { get; } = new[]
    {
        RequestMethods.Initialize,
        RequestMethods.ServerDiscover,
        RequestMethods.ToolsList,
        RequestMethods.ToolsCall,
        RequestMethods.PromptsList,
        RequestMethods.PromptsGet,
        RequestMethods.ResourcesList,
        RequestMethods.ResourcesTemplatesList,
        RequestMethods.ResourcesRead,
        RequestMethods.CompletionComplete,
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "subscriptions/listen",
    }.ToFrozenSet();
}
