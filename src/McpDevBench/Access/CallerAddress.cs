namespace McpDevBench.Access;

/// <summary>Remembers for each request how its caller reaches the server. Behind the checks of the Host header.</summary>
internal static class CallerAddress
{
    public static void UseFileAddress(this IApplicationBuilder app, AccessOptions options) =>
        app.Use((HttpContext context, RequestDelegate next) =>
    {
        FileAddress.Base = options.PublicUrl ?? $"{context.Request.Scheme}://{context.Request.Host}";
        return next(context);
    });
}
