namespace McpDevBench.Access;

/// <summary>Keeps for each request the URL at which its caller reaches the server. Used after the checks of the Host header.</summary>
internal static class CallerAddress
{
    public static void UseFileAddress(this IApplicationBuilder app, AccessOptions options) =>
        app.Use((HttpContext context, RequestDelegate next) =>
    {
        FileAddress.Base = options.PublicUrl ?? $"{context.Request.Scheme}://{context.Request.Host}";
        return next(context);
    });
}
