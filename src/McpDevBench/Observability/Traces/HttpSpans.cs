using System.Diagnostics;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace McpDevBench.Observability.Traces;

/// <summary>
/// Configures the spans of HTTP requests: no probes, no query, no address beyond the route, no client-chosen text, and values of limited
/// length.
/// </summary>
internal static class HttpSpans
{
    private const int MaxValueLength = 256;

    /// <summary>Attributes with text that a client chooses: paths, names, user agents.</summary>
    private static readonly string[] _clientsWords =
        ["url.query", "url.path", "user_agent.original", "server.address", "http.request.method_original"];

    public static void Configure(AspNetCoreTraceInstrumentationOptions options)
    {
        options.Filter = context =>
            !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/metrics");
        options.EnrichWithHttpRequest = (span, _) => Trim(span);
        // Taken from the response: it is the one place where the id can be seen from outside the request's flow.
        options.EnrichWithHttpResponse = (span, response) =>
            span.SetTag("mcp_devbench.correlation_id", response.Headers[CorrelationId.Header].ToString());
    }

    private static void Trim(Activity span)
    {
        foreach (var name in _clientsWords)
            span.SetTag(name, null);
        List<KeyValuePair<string, object?>>? tooLong = null;
        foreach (var tag in span.EnumerateTagObjects())
        {
            if (tag.Value is string { Length: > MaxValueLength })
                (tooLong ??= []).Add(tag);
        }
        foreach (var (name, value) in tooLong ?? [])
            span.SetTag(name, ((string)value!)[..MaxValueLength]);
    }
}
