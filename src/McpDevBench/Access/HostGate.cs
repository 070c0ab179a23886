using System.Text.Json.Nodes;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Access;

/// <summary>The first thing that sees a request: nothing behind it is reached with a wrong Host or Origin.</summary>
internal static partial class HostGate
{
    /// <param name="mcpPath">Where refusals have the shape of the protocol.</param>
    /// <param name="onRefused">Told of each refusal, before it is answered, with the header that it is for.</param>
    public static void UseHostGate(this IApplicationBuilder app, AccessOptions options, PathString mcpPath, AccessMetrics metrics, Func<string, Task> onRefused)
    {
        var rules = new HostRules(options);
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HostGate).FullName!);
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            var host = context.Request.Headers.Host.ToString();
            if (!rules.AllowsHost(host, context.Connection.LocalIpAddress))
            {
                LogHostRefused(logger, Short(host));
                metrics.Decided("none", allowed: false);
                metrics.Denied("host");
                await onRefused($"Host: {Short(host)}");
                await RefuseAsync(context, mcpPath, StatusCodes.Status421MisdirectedRequest, "The Host header is not one of this server's names.", "If the server is to be reached by this name, add it to MCP_ALLOWED_HOSTS.");
                return;
            }
            var origin = context.Request.Headers.Origin;
            if (origin.Count > 0 && !rules.AllowsOrigin(origin.ToString(), context.Connection.LocalPort))
            {
                LogOriginRefused(logger, Short(origin.ToString()));
                metrics.Decided("none", allowed: false);
                metrics.Denied("origin");
                await onRefused($"Origin: {Short(origin.ToString())}");
                await RefuseAsync(context, mcpPath, StatusCodes.Status403Forbidden, "Pages of this Origin may not call this server.", "If they may, add the origin to MCP_ALLOWED_ORIGINS.");
                return;
            }
            metrics.Decided("none", allowed: true);
            await next(context);
        });
    }

    private static Task RefuseAsync(HttpContext context, PathString mcpPath, int status, string message, string hint)
    {
        EarlyRefusals.Refused(context, RefusalCode.Forbidden, isLogged: true);
        if (!context.Request.Path.StartsWithSegments(mcpPath))
            return HttpRefusal.WriteAsync(context, new RefusalException(RefusalCode.Forbidden, message, hint), status);
        var error = new JsonObject { ["code"] = -32600, ["message"] = $"{message} {hint}", ["data"] = new JsonObject { [CorrelationId.Field] = CorrelationId.Ensure() } };
        return HttpRefusal.WriteAsync(context, status, new JsonObject { ["jsonrpc"] = "2.0", ["error"] = error });
    }

    private static string Short(string header) => header.Length <= 100 ? header : header[..100];

    [LoggerMessage(Level = LogLevel.Information, Message = "A request with a foreign Host header was refused")]
    private static partial void LogHostRefused(ILogger logger, [Untrusted] string host);

    [LoggerMessage(Level = LogLevel.Information, Message = "A request of a foreign Origin was refused")]
    private static partial void LogOriginRefused(ILogger logger, [Untrusted] string origin);
}
