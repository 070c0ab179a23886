using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using Microsoft.AspNetCore.Connections;

namespace McpDevBench.Access;

/// <summary>Answers exceptions that leave an endpoint: a malformed request, or a defect of the server, which is logged here once.</summary>
internal static partial class HttpFailures
{
    /// <param name="mcpPath">Where errors are those of JSON-RPC; null: nowhere.</param>
    public static void UseHttpFailures(this IApplicationBuilder app, AccessMetrics metrics, PathString? mcpPath = null)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HttpFailures).FullName!);
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception exception) when (HasLeft(context, exception))
            {
                // The client has left.
                context.Abort();
            }
            catch (Exception exception) when (Malformed(exception) is { } malformed)
            {
                var error = BadRequest(malformed);
                metrics.Rejected(error);
                if (malformed.StatusCode == StatusCodes.Status408RequestTimeout)
                    metrics.SlowClientDropped(AccessMetrics.Request);
                EarlyRejections.Reject(context, error.Code);
                await AnswerAsync(context, error, malformed.StatusCode, mcpPath);
            }
            catch (RequestException error)
            {
                if (IsMcp(context, mcpPath))
                    EarlyRejections.Reject(context, error.Code);
                await AnswerAsync(context, error, null, mcpPath);
            }
            catch (Exception exception)
            {
                LogUnexpected(logger, exception, context.Request.Method, context.Request.Path.Value);
                await AnswerAsync(context, HttpError.Unexpected(), null, null);
            }
        });
    }

    /// <summary>Whether it failed because the client has left.</summary>
    public static bool HasLeft(HttpContext context, Exception exception) =>
        exception is ConnectionResetException
        || (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        // A body that ended before its length: the abort may become known a moment later.
        || (exception is BadHttpRequestException
            && exception.Message.StartsWith("Unexpected end of request content", StringComparison.Ordinal));

    /// <summary>The error of a request that the web server cannot read; null for any other failure.</summary>
    /// <remarks>The web server reports a chunk size of more than 31 bits as a network failure.</remarks>
    public static BadHttpRequestException? Malformed(Exception exception) => exception switch
    {
        BadHttpRequestException malformed => malformed,
        IOException { InnerException: OverflowException } overflow => new BadHttpRequestException(overflow.Message, overflow),
        _ => null,
    };

    /// <summary>The status of the answer, if it can still be sent.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        RequestException error => error.Code.HttpStatus(),
        _ => Malformed(exception)?.StatusCode ?? StatusCodes.Status500InternalServerError,
    };

    private static bool IsMcp(HttpContext context, PathString? mcpPath) =>
        mcpPath is { } path && context.Request.Path.StartsWithSegments(path);

    private static Task AnswerAsync(HttpContext context, RequestException error, int? status, PathString? mcpPath)
    {
        // After the first byte only a broken connection shows an error: a clean end would make half a file look whole.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Clear();
        context.Response.Headers[Observability.CorrelationId.Header] = Observability.CorrelationId.Ensure();
        if (!IsMcp(context, mcpPath) || status == StatusCodes.Status413PayloadTooLarge)
            return HttpError.WriteAsync(context, error, status);
        var number = error.Code == ErrorCode.InvalidArgument ? RpcError.InvalidRequest : RpcError.ResourceExhausted;
        return HttpError.WriteRpcAsync(
            context, status ?? error.Code.HttpStatus(), number, $"{error.Message} {error.Hint}", id: null, error.Code);
    }

    /// <summary>The error code of a request that the web server cannot read.</summary>
    public static ErrorCode CodeOf(BadHttpRequestException exception) =>
        exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorCode.ResourceExhausted : ErrorCode.InvalidArgument;

    private static RequestException BadRequest(BadHttpRequestException exception) =>
        exception.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? BodyLimit.TooLarge()
            : new RequestException(ErrorCode.InvalidArgument, "The request is malformed.", exception.Message);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, [Untrusted] string httpMethod, [Untrusted] string? path);
}
