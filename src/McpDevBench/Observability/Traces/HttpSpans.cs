using System.Diagnostics;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace McpDevBench.Observability.Traces;

/// <summary>What spans of HTTP requests show: not those of probes, no query and no address beyond the route, nothing in a client's own words, nothing of a length that a client chooses.</summary>
internal static class HttpSpans
{
    private const int MaxValueLength = 256;

    /// <summary>Paths of files are in them, names that a client made up, and whatever else it says.</summary>
    private static readonly string[] _clientsWords = ["url.query", "url.path", "user_agent.original", "server.address", "http.request.method_original"];

    public static void Configure(AspNetCoreTraceInstrumentationOptions options)
    {
        options.Filter = context => !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/metrics");
        options.EnrichWithHttpRequest = (span, _) => Trim(span);
        // Taken from the response: it is the one place where the id can be seen from outside the request's flow.
        options.EnrichWithHttpResponse = (span, response) => span.SetTag("mcp_devbench.correlation_id", response.Headers[CorrelationId.Header].ToString());
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
