using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using Microsoft.AspNetCore.Connections;

namespace McpDevBench.Access;

/// <summary>Whatever escapes an endpoint: a client's malformed request, or a fault of the server that is logged here, once.</summary>
internal static partial class HttpFailures
{
    /// <param name="mcpPath">Where errors have the shape of the protocol; null: nowhere.</param>
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
                // There is nobody to answer, and nothing is wrong.
                context.Abort();
            }
            catch (Exception exception) when (Malformed(exception) is { } malformed)
            {
                var refusal = BadRequest(malformed);
                metrics.Refused(refusal);
                EarlyRejections.Refused(context, refusal.Code);
                await AnswerAsync(context, refusal, malformed.StatusCode, mcpPath);
            }
            catch (RequestException refusal)
            {
                if (IsProtocol(context, mcpPath))
                    EarlyRejections.Refused(context, refusal.Code);
                await AnswerAsync(context, refusal, null, mcpPath);
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
        // The web server's words when a body ends before its length: the abort may become known a moment later.
        || (exception is BadHttpRequestException && exception.Message.StartsWith("Unexpected end of request content", StringComparison.Ordinal));

    /// <summary>The error of a request that the web server cannot read; null for any other failure.</summary>
    /// <remarks>For the size of a chunk that is no number of 31 bits it throws an error of its own, as if the network had failed.</remarks>
    public static BadHttpRequestException? Malformed(Exception exception) => exception switch
    {
        BadHttpRequestException malformed => malformed,
        IOException { InnerException: OverflowException } overflow => new BadHttpRequestException(overflow.Message, overflow),
        _ => null,
    };

    /// <summary>The status that is answered with, if there is still anybody to answer.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        RequestException refusal => refusal.Code.HttpStatus(),
        _ => Malformed(exception)?.StatusCode ?? StatusCodes.Status500InternalServerError,
    };

    private static bool IsProtocol(HttpContext context, PathString? mcpPath) => mcpPath is { } path && context.Request.Path.StartsWithSegments(path);

    private static Task AnswerAsync(HttpContext context, RequestException refusal, int? status, PathString? mcpPath)
    {
        // After the first byte an error can only be shown by not ending well: a clean end would make half a file look whole.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Clear();
        context.Response.Headers[Observability.CorrelationId.Header] = Observability.CorrelationId.Ensure();
        if (!IsProtocol(context, mcpPath) || status == StatusCodes.Status413PayloadTooLarge)
            return HttpError.WriteAsync(context, refusal, status);
        var error = refusal.Code == ErrorCode.InvalidArgument ? RpcError.InvalidRequest : RpcError.ResourceExhausted;
        return HttpError.WriteRpcAsync(
            context, status ?? refusal.Code.HttpStatus(), error, $"{refusal.Message} {refusal.Hint}", id: null, refusal.Code);
    }

    /// <summary>What a request that the web server cannot read is counted as.</summary>
    public static ErrorCode CodeOf(BadHttpRequestException exception) =>
        exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorCode.ResourceExhausted : ErrorCode.InvalidArgument;

    private static RequestException BadRequest(BadHttpRequestException exception) => exception.StatusCode == StatusCodes.Status413PayloadTooLarge
        ? BodyLimit.TooLarge()
        : new RequestException(ErrorCode.InvalidArgument, "The request is malformed.", exception.Message);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, [Untrusted] string httpMethod, [Untrusted] string? path);
}
