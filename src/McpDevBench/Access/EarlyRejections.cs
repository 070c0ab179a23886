using McpDevBench.Observability.Metrics;

namespace McpDevBench.Access;

/// <summary>
/// What is refused where the protocol is served before it is a call that the pipeline could count: at the door, for its body, by the SDK's transport. It is counted here,
/// as a method that nobody knows, and has its line in the log.
/// </summary>
internal static partial class EarlyRejections
{
    /// <param name="path">Where the protocol is served.</param>
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
                        LogRefused(logger, context.Response.StatusCode);
                }
            }
        });
    }

    /// <summary>Says that a request is refused early; which requests are the protocol's, is decided here.</summary>
    /// <param name="isLogged">Whoever refuses it has said so in the log.</param>
    public static void Refused(HttpContext context, ErrorCode code, bool isLogged = false) => context.Features.Set(new Mark(code, isLogged));

    [LoggerMessage(Level = LogLevel.Information, Message = "A message was refused before it was a call")]
    private static partial void LogRefused(ILogger logger, int httpStatus);

    private sealed record Mark(ErrorCode Code, bool IsLogged);
}
