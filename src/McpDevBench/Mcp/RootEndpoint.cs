using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

/// <summary><c>GET /</c>: what this is, for a person or a program that has the address alone.</summary>
internal static class RootEndpoint
{
    public static void MapRoot(this IEndpointRouteBuilder endpoints, string mcpPath) =>
        endpoints.MapMethods("/", ["GET", "HEAD"], (RequestDelegate)(context =>
    {
        var address = FileAddress.Base ?? $"{context.Request.Scheme}://{context.Request.Host}";
        context.Response.Headers.Vary = "Accept";
        if (context.Request.GetTypedHeaders().Accept
            .Any(accepted => accepted.MatchesMediaType("application/json") && !accepted.MatchesAllTypes))
        {
            return HttpError.WriteAsync(context, StatusCodes.Status200OK, new JsonObject
            {
                ["name"] = BuildInfo.Name,
                ["description"] = "Linux workspaces in containers for AI assistants, over the Model Context Protocol.",
                ["version"] = BuildInfo.Version,
                ["mcp"] = new JsonObject { ["url"] = address + mcpPath, ["transport"] = "streamable-http" },
                ["files"] = $"{address}/workspaces/{{id}}/files?path={{path}}",
                ["health"] = $"{address}/health/ready",
            });
        }
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync($"""
            MCP DevBench {BuildInfo.Version}: Linux workspaces in containers for AI assistants.

            This is a server of the Model Context Protocol. Point a client at
              {address}{mcpPath}
            (transport: streamable HTTP). Files of a workspace: {address}/workspaces/ID/files?path=PATH. Health: {address}/health/ready.

            """, context.RequestAborted);
    }));
}
