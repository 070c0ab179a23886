using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace McpDevBench.Access;

/// <summary>What a request of the protocol may carry, and how much.</summary>
internal static class BodyLimit
{
    /// <param name="path">Where it holds.</param>
    public static void UseBodyLimit(this IApplicationBuilder app, PathString path, int maximum, AccessMetrics metrics) => app.Use((HttpContext context, RequestDelegate next) =>
    {
        if (!context.Request.Path.StartsWithSegments(path))
            return next(context);
        // The SDK takes another type for a fault of the server.
        if (HttpMethods.IsPost(context.Request.Method) && !context.Request.HasJsonContentType())
            return RefuseAsync(context, WrongType(context.Request.ContentType), StatusCodes.Status415UnsupportedMediaType);
        // Answered before it is read: the web server then takes in the rest, where a limit of its own would cut the connection in the caller's face.
        if (context.Request.ContentLength > maximum)
        {
            var refusal = TooLarge();
            metrics.Refused(refusal);
            return RefuseAsync(context, refusal, StatusCodes.Status413PayloadTooLarge);
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maximum;
        return next(context);
    });

    private static Task RefuseAsync(HttpContext context, RequestException refusal, int status)
    {
        EarlyRejections.Refused(context, refusal.Code);
        return HttpError.WriteAsync(context, refusal, status);
    }

    private static RequestException WrongType(string? given) => new(
        ErrorCode.InvalidArgument,
        given is null ? "The request has no Content-Type." : $"The Content-Type '{(given.Length <= 80 ? given : given[..80])}' is not JSON.",
        "Send the message as JSON, with Content-Type: application/json.");

    public static RequestException TooLarge() => new(
        ErrorCode.ResourceExhausted, "The request's body is larger than allowed.",
        $"Send less at once: a large file with PUT {FileAddress.Pattern(FileAddress.Base ?? "")} (MCP_MAX_UPLOAD_BYTES), "
        + "an archive in several parts, or a file in parts with fs_write append=true.") { Rule = "request_size" };
}
