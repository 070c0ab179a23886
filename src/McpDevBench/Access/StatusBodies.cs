using Microsoft.AspNetCore.WebUtilities;

namespace McpDevBench.Access;

/// <summary>Adds a body to errors of routing, which have only a status: what was wrong, and which address to use.</summary>
internal static class StatusBodies
{
    private const int MaxShown = 100;

    /// <param name="mcpPath">Where MCP is served.</param>
    public static void UseStatusBodies(this IApplicationBuilder app, PathString mcpPath) =>
        app.Use(async (HttpContext context, RequestDelegate next) =>
    {
        await next(context);
        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            await HttpError.WriteAsync(context, Explain(context, mcpPath), response.StatusCode);
    });

    private static RequestException Explain(HttpContext context, PathString mcpPath)
    {
        var (request, server) = (context.Request, FileAddress.Base);
        var path = request.Path.ToString() is { Length: > MaxShown } longer ? $"{longer[..MaxShown]}…" : request.Path.ToString();
        var isMcp = request.Path.StartsWithSegments(mcpPath, out var rest) && rest.Value is null or "" or "/";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new(
                ErrorCode.InvalidArgument, $"Nothing is served at {path}.",
                $"MCP (streamable HTTP) is at {server}{mcpPath}; {server}/ says what else there is."),
            StatusCodes.Status405MethodNotAllowed => new(
                ErrorCode.InvalidArgument, $"{request.Method} is not allowed at {path}.",
                isMcp
                    ? $"Send each message with POST: this server has no stream to GET and no session to DELETE. {server}/ says what it is."
                    : $"Allowed: {context.Response.Headers.Allow}. MCP (streamable HTTP) is at {server}{mcpPath}."),
            var status => new(
                ErrorCode.InvalidArgument, $"{ReasonPhrases.GetReasonPhrase(status)}: {request.Method} {path}.",
                $"{server}/ says what this server has."),
        };
    }
}
