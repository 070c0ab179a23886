using OpenTelemetry.Exporter;

namespace McpDevBench.Observability.Traces;

/// <summary>Settings of tracing.</summary>
internal sealed record TraceOptions
{
    private const string DefaultEndpoint = "http://localhost:4318";
    private const string SignalPath = "v1/traces";

    public bool Enabled { get; private init; }

    /// <summary>Takes OTLP over HTTP, in protobuf: a complete address.</summary>
    public Uri Endpoint { get; private init; } = new($"{DefaultEndpoint}/{SignalPath}");

    /// <summary>Of the traces that begin here. One that a client began is recorded if, and only if, the client records it.</summary>
    public double SampleRatio { get; private init; } = 1;

    public static TraceOptions Read(Settings settings)
    {
        var defaults = new TraceOptions();
        var options = new TraceOptions
        {
            Enabled = settings.Flag(
                "MCP_TRACING_ENABLED", defaults.Enabled,
                "Trace calls with OpenTelemetry. The SDK's own OTEL_ variables, such as OTEL_EXPORTER_OTLP_HEADERS, are used."),
            Endpoint = ReadEndpoint(settings, defaults.Endpoint),
            SampleRatio = settings.Fraction(
                "MCP_TRACING_SAMPLE_RATIO", defaults.SampleRatio, 0, 1,
                "The share of traces to record, from 0 to 1. A trace that a client began is recorded if the client records it."),
        };
        if (options.Enabled)
            CheckSdk(settings);
        return options;
    }

    /// <summary>The SDK reads its own variables when it is made, and throws at those that it cannot read.</summary>
    private static void CheckSdk(Settings settings)
    {
        try
        {
            new OtlpTraceExporter(new OtlpExporterOptions { Protocol = OtlpExportProtocol.HttpProtobuf }).Dispose();
        }
        catch (ArgumentException exception)
        {
            settings.Refuse($"MCP_TRACING_ENABLED=true is not possible with these OTEL_EXPORTER_OTLP_ variables: {exception.Message}");
        }
    }

    private static Uri ReadEndpoint(Settings settings, Uri defaultEndpoint)
    {
        var text = settings.Text(
            "MCP_TRACING_ENDPOINT", DefaultEndpoint,
            $"The OTLP over HTTP endpoint: a base URL, to which /{SignalPath} is added, or a URL with a path.");
        if (Objection(text, out var endpoint) is not { } objection)
            return endpoint!.AbsolutePath == "/" ? new Uri(endpoint, SignalPath) : endpoint;
        settings.Refuse($"MCP_TRACING_ENDPOINT{objection}");
        return defaultEndpoint;
    }

    /// <returns>What is wrong, or null. A URL that may hold a secret is not repeated.</returns>
    private static string? Objection(string text, out Uri? endpoint)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.Host.Length == 0)
            return " is not a URL: use one such as http://localhost:4318.";
        if (endpoint.UserInfo.Length > 0 || endpoint.Fragment.Length > 0 || endpoint.Query.Length > 0)
            return " has a user, a query or a fragment: use a plain URL, and put credentials into OTEL_EXPORTER_OTLP_HEADERS.";
        if (endpoint.Port is 14268 or 14250 || endpoint.AbsolutePath.TrimEnd('/') == "/api/traces")
            return $"='{text}' is for Jaeger's own formats, which are not supported: "
                + $"use Jaeger's OTLP port, such as http://{endpoint.Host}:4318.";
        if (endpoint is { Port: 4317, AbsolutePath: "/" })
            return $"='{text}' is the port for OTLP over gRPC: use the one for OTLP over HTTP, such as http://{endpoint.Host}:4318.";
        return null;
    }
}
