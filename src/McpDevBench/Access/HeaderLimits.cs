namespace McpDevBench.Access;

/// <summary>
/// How large a request's headers and address may be. The web server answers without a body where its own limits are reached, so they are
/// higher: a request a little too large gets an answer that names the limit.
/// </summary>
internal static class HeaderLimits
{
    public const int MaxBytes = 32 * 1024, MaxCount = 100, MaxAddress = 8 * 1024;

    /// <summary>Of the web server's limits to these.</summary>
    public const int Margin = 2;

    public static void UseHeaderLimits(this IApplicationBuilder app) => app.Use((HttpContext context, RequestDelegate next) =>
    {
        var request = context.Request;
        if (request.Path.Value!.Length + request.QueryString.Value!.Length > MaxAddress)
            return HttpError.WriteAsync(
                context, TooLarge("address", $"{MaxAddress >> 10} KB", "Send what is long in the body."), StatusCodes.Status414UriTooLong);
        // Four bytes of each line are its colon, space and end.
        var bytes = request.Headers.Sum(header => header.Value.Sum(value => header.Key.Length + (value?.Length ?? 0) + 4));
        if (bytes > MaxBytes || request.Headers.Count > MaxCount)
            return HttpError.WriteAsync(
                context,
                TooLarge("headers", $"{MaxBytes >> 10} KB in {MaxCount} headers", "Leave out cookies and headers that MCP does not need."),
                StatusCodes.Status431RequestHeaderFieldsTooLarge);
        return next(context);
    });

    private static RequestException TooLarge(string what, string maximum, string hint) =>
        new(ErrorCode.InvalidArgument, $"The request's {what} is larger than {maximum}.", hint);
}
