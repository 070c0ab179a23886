using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace McpDevBench.Access;

/// <summary>The type and the size of the body of an MCP request.</summary>
internal static class BodyLimit
{
    /// <param name="path">Where MCP is served.</param>
    /// <param name="maxBytes">Of a body.</param>
    public static void UseBodyLimit(this IApplicationBuilder app, PathString path, int maxBytes, AccessMetrics metrics) =>
        app.Use((HttpContext context, RequestDelegate next) =>
    {
        if (!context.Request.Path.StartsWithSegments(path))
            return next(context);
        // The SDK answers another type with an internal error.
        if (HttpMethods.IsPost(context.Request.Method) && !context.Request.HasJsonContentType())
            return RejectAsync(context, WrongType(context.Request.ContentType), StatusCodes.Status415UnsupportedMediaType);
        // Answered before the body is read. The web server then reads the rest; its own limit would cut the connection without an answer.
        if (context.Request.ContentLength > maxBytes)
        {
            var error = TooLarge();
            metrics.Rejected(error);
            return RejectAsync(context, error, StatusCodes.Status413PayloadTooLarge);
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxBytes;
        return next(context);
    });

    private static Task RejectAsync(HttpContext context, RequestException error, int status)
    {
        EarlyRejections.Reject(context, error.Code);
        return HttpError.WriteAsync(context, error, status);
    }

    private static RequestException WrongType(string? given) => new(
        ErrorCode.InvalidArgument,
        given is null ? "The request has no Content-Type." : $"The Content-Type '{given[..Math.Min(given.Length, 80)]}' is not JSON.",
        "Send the message as JSON, with Content-Type: application/json.");

    public static RequestException TooLarge() => new(
        ErrorCode.ResourceExhausted, "The request's body is larger than allowed.",
        $"Send less at once: a large file with PUT {FileAddress.Pattern(FileAddress.Base ?? "")} (MCP_MAX_UPLOAD_BYTES), "
        + "an archive in several parts, or a file in parts with fs_write append=true.") { Rule = "request_size" };
}
