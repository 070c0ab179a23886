namespace McpDevBench.Access;

/// <summary>
/// Which requests of browsers are allowed, and headers that restrict the use of an answer. A browser sends requests on behalf of the pages
/// of any site, and it would run a page that a program in a workspace wrote.
/// </summary>
internal static class BrowserRules
{
    /// <summary>No form, link or image can send it, and a script of another site only with <see cref="CrossOriginSharing"/>.</summary>
    public const string ProofHeader = "X-Requested-With";

    private const string SiteHeader = "Sec-Fetch-Site";

    /// <summary>Adds headers to every answer of a listener, also to errors: no answer is a page, and no other site can embed it.</summary>
    public static void UseBrowserHeaders(this IApplicationBuilder app) => app.Use((HttpContext context, RequestDelegate next) =>
    {
        // At the last moment: an error clears the headers that were set before.
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpResponse)state).Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.ContentSecurityPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Referrer-Policy"] = "no-referrer";
            headers.XFrameOptions = "DENY";
            return Task.CompletedTask;
        }, context.Response);
        return next(context);
    });

    /// <summary>The <c>Sec-Fetch-Site</c> of a request that another site's page caused; null for any other request.</summary>
    /// <remarks>Node's fetch sends other <c>Sec-Fetch-</c> headers, but not this one. "none" is an address typed by a person.</remarks>
    public static string? ForeignSite(HttpRequest request) =>
        request.Headers[SiteHeader].ToString() is var site && site is not ("" or "none" or "same-origin") ? site : null;

    /// <summary>A browser's request for a file of a workspace needs a header that only a script of an allowed page can add.</summary>
    /// <exception cref="RequestException">forbidden.</exception>
    public static void RequireProof(HttpRequest request)
    {
        if (request.Headers.ContainsKey(ProofHeader) || !IsBrowser(request.Headers))
            return;
        throw new RequestException(
            ErrorCode.Forbidden,
            "Browsers cannot open files of a workspace: a page in it could act as you.",
            $"Download it with a program, such as curl -o FILE URL. A script of an allowed origin sends the header {ProofHeader}.")
        {
            Rule = "origin",
        };
    }

    /// <summary>Every browser sends such a User-Agent; the other two headers are not sent to every address.</summary>
    private static bool IsBrowser(IHeaderDictionary headers) => headers.ContainsKey(SiteHeader) || headers.Origin.Count > 0
        || headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.OrdinalIgnoreCase);
}
