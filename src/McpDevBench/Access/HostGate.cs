using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Access;

/// <summary>The first check of a request: Host, Origin and Sec-Fetch-Site have to be allowed.</summary>
internal static partial class HostGate
{
    /// <param name="mcpPath">Where errors are those of JSON-RPC; null: nowhere.</param>
    /// <param name="onRejected">Called before each rejection is answered, with the header that caused it.</param>
    public static void UseHostGate(
        this IApplicationBuilder app, AccessOptions options, PathString? mcpPath, AccessMetrics metrics, Func<string, Task> onRejected)
    {
        var rules = new HostRules(options);
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HostGate).FullName!);
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (Check(rules, context, logger) is not { } rejection)
            {
                metrics.Decided("none", allowed: true);
                await next(context);
                return;
            }
            metrics.Decided("none", allowed: false);
            metrics.Denied(rejection.Rule);
            await onRejected(rejection.Header);
            await RejectAsync(context, mcpPath, rejection);
        });
    }

    private static Rejection? Check(HostRules rules, HttpContext context, ILogger logger)
    {
        var host = context.Request.Headers.Host.ToString();
        if (!rules.AllowsHost(host, context.Connection.LocalIpAddress))
        {
            LogHostRejected(logger, Short(host));
            return new Rejection(
                "host", $"Host: {Short(host)}", StatusCodes.Status421MisdirectedRequest,
                "The Host header is not one of this server's names.",
                "If the server is to be reached by this name, add it to MCP_ALLOWED_HOSTS.");
        }
        var origin = context.Request.Headers.Origin;
        if (origin.Count > 0 && !rules.AllowsOrigin(origin.ToString(), context.Connection.LocalPort))
        {
            LogOriginRejected(logger, Short(origin.ToString()));
            return new Rejection(
                "origin", $"Origin: {Short(origin.ToString())}", StatusCodes.Status403Forbidden,
                "Pages of this Origin may not call this server.", "If they may, add the origin to MCP_ALLOWED_ORIGINS.");
        }
        if (BrowserRules.ForeignSite(context.Request) is { } site && !rules.IsConfiguredOrigin(origin.ToString()))
        {
            LogSiteRejected(logger, Short(site));
            return new Rejection(
                "origin", $"Sec-Fetch-Site: {Short(site)}", StatusCodes.Status403Forbidden,
                "Pages of another site may not call this server.", "If they may, add their origin to MCP_ALLOWED_ORIGINS.");
        }
        return null;
    }

    private static Task RejectAsync(HttpContext context, PathString? mcpPath, Rejection rejection)
    {
        EarlyRejections.Reject(context, ErrorCode.Forbidden, isLogged: true);
        var (message, hint) = (rejection.Message, rejection.Hint);
        if (mcpPath is not { } protocol || !context.Request.Path.StartsWithSegments(protocol))
            return HttpError.WriteAsync(context, new RequestException(ErrorCode.Forbidden, message, hint), rejection.Status);
        return HttpError.WriteRpcAsync(context, rejection.Status, RpcError.InvalidRequest, $"{message} {hint}");
    }

    private static string Short(string header) => header.Length <= 100 ? header : header[..100];

    [LoggerMessage(Level = LogLevel.Information, Message = "Request with a foreign Host header rejected")]
    private static partial void LogHostRejected(ILogger logger, [Untrusted] string host);

    [LoggerMessage(Level = LogLevel.Information, Message = "Request of a foreign Origin rejected")]
    private static partial void LogOriginRejected(ILogger logger, [Untrusted] string origin);

    [LoggerMessage(Level = LogLevel.Information, Message = "Request from a page of another site rejected")]
    private static partial void LogSiteRejected(ILogger logger, [Untrusted] string site);

    /// <param name="Rule">As metrics name it.</param>
    /// <param name="Header">The header and its value, cut: for the audit record.</param>
    private sealed record Rejection(string Rule, string Header, int Status, string Message, string Hint);
}
