using Microsoft.Extensions.Primitives;

namespace McpDevBench.Access;

/// <summary>
/// CORS for the origins in <c>MCP_ALLOWED_ORIGINS</c>: their scripts may call MCP and the file endpoint from a browser, and read the
/// answers. No other origin gets a header of it. Used after <see cref="HostGate"/>.
/// </summary>
internal static class CrossOriginSharing
{
    private const string FilesPath = "/workspaces";

    // Browsers ask again after ten minutes.
    private const string MaxAge = "600";

    /// <summary>Headers that the answers may be read with, besides those that every script may read.</summary>
    private const string Exposed =
        "Mcp-Session-Id, X-Correlation-Id, ETag, Accept-Ranges, Content-Disposition, Content-Range, Workspace-Resumed, Workspace-Note";

    private static readonly (string Methods, string Headers) _mcp = (
        "GET, POST, DELETE",
        "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, "
            + "X-Correlation-Id, X-Request-Id");

    private static readonly (string Methods, string Headers) _files = (
        "GET, HEAD, PUT",
        "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range, X-Correlation-Id, X-Request-Id, "
            + BrowserRules.ProofHeader);

    /// <param name="mcpPath">Where the protocol is served.</param>
    public static void UseCrossOriginSharing(this IApplicationBuilder app, AccessOptions options, PathString mcpPath)
    {
        var rules = new HostRules(options);
        app.Use((HttpContext context, RequestDelegate next) =>
        {
            var request = context.Request;
            var isMcp = request.Path.StartsWithSegments(mcpPath);
            if (!rules.IsConfiguredOrigin(request.Headers.Origin.ToString()) || !(isMcp || request.Path.StartsWithSegments(FilesPath)))
                return next(context);
            // At the last moment: an error clears the headers that were set before.
            context.Response.OnStarting(Share, context);
            if (!IsPreflight(request))
                return next(context);
            Allow(context, isMcp ? _mcp : _files);
            return Task.CompletedTask;
        });
    }

    private static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;

    private static void Allow(HttpContext context, (string Methods, string Headers) allowed)
    {
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowMethods = allowed.Methods;
        headers.AccessControlAllowHeaders = allowed.Headers;
        headers.AccessControlMaxAge = MaxAge;
        // Chromium asks for this where a page of a public address calls a private one.
        if (context.Request.Headers.ContainsKey("Access-Control-Request-Private-Network"))
            headers["Access-Control-Allow-Private-Network"] = "true";
    }

    private static Task Share(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
        headers.AccessControlExposeHeaders = Exposed;
        headers.Vary = StringValues.Concat(headers.Vary, "Origin");
        return Task.CompletedTask;
    }
}
