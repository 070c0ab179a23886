using McpDevBench.Observability.Metrics;

namespace McpDevBench.Access;

/// <summary>
/// MCP requests that are rejected before they are a call: for their headers, for their body, or by the SDK's transport. Each is counted as
/// an unknown method and logged here.
/// </summary>
internal static partial class EarlyRejections
{
    /// <param name="path">Where MCP is served.</param>
    public static void UseEarlyRejections(this IApplicationBuilder app, PathString path, ApiMetrics metrics)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(EarlyRejections).FullName!);
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (!context.Request.Path.StartsWithSegments(path))
            {
                await next(context);
                return;
            }
            var started = time.GetTimestamp();
            try
            {
                await next(context);
            }
            finally
            {
                if (context.Features.Get<Mark>() is { } mark)
                {
                    metrics.Served(ApiMetrics.Unknown, time.GetElapsedTime(started), mark.Code.Name());
                    if (!mark.IsLogged)
                        LogRejected(logger, context.Response.StatusCode);
                }
            }
        });
    }

    /// <summary>Marks a request as rejected. Only a request to MCP is then counted and logged.</summary>
    /// <param name="isLogged">Its rejection has a log line of its own.</param>
    public static void Reject(HttpContext context, ErrorCode code, bool isLogged = false) =>
        context.Features.Set(new Mark(code, isLogged));

    [LoggerMessage(Level = LogLevel.Information, Message = "Request rejected before dispatch")]
    private static partial void LogRejected(ILogger logger, int httpStatus);

    private sealed record Mark(ErrorCode Code, bool IsLogged);
}
