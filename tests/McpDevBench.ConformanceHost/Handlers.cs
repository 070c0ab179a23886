using ModelContextProtocol.Protocol;

namespace McpDevBench.ConformanceHost;

/// <summary>What the suite asks of a server other than a tool, prompt or resource.</summary>
internal static class Handlers
{
    public static void Add(IMcpServerBuilder mcp) => mcp
        .WithCompleteHandler(
            (_, _) => ValueTask.FromResult(new CompleteResult { Completion = new() { Values = [], Total = 0, HasMore = false } }))
        .WithSetLoggingLevelHandler((_, _) => ValueTask.FromResult(new EmptyResult()))
        .WithSubscribeToResourcesHandler((_, _) => ValueTask.FromResult(new EmptyResult()))
        .WithUnsubscribeFromResourcesHandler((_, _) => ValueTask.FromResult(new EmptyResult()));
}
