using System.Buffers;

namespace McpDevBench.Mcp;

internal enum Transport
{
    StreamableHttp,
    Stdio,
}

/// <summary>In which forms a tool's result goes out.</summary>
internal enum StructuredOutput
{
    /// <summary>As text for a model, and as members for a program.</summary>
    Full,

    /// <summary>As text alone: for a client that gives its model both.</summary>
    Off,
}

/// <summary>How the protocol is served, and which tools.</summary>
internal sealed record McpOptions
{
    public Transport Transport { get; init; } = Transport.StreamableHttp;
    public string Path { get; init; } = "/mcp";

    /// <summary>Bytes of one request of the protocol. Larger things go through the file endpoint.</summary>
    public int MaxRequestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one upload through the file endpoint.</summary>
    public long MaxUploadBytes { get; init; } = 10L * 1024 * 1024 * 1024;

    /// <summary>How long calls that have begun may still run when the server stops.</summary>
    public int DrainGraceSeconds { get; init; } = 60;

    public StructuredOutput StructuredOutput { get; init; }

    public ToolSelection Tools { get; init; } = ToolSelection.Default;

    private static readonly Dictionary<string, StructuredOutput> _structuredOutputs =
        new() { ["full"] = StructuredOutput.Full, ["off"] = StructuredOutput.Off };
    private static readonly SearchValues<char> _notInPaths = SearchValues.Create("{}?# *");

    public static McpOptions Read(Settings settings)
    {
        var defaults = new McpOptions();
        var options = new McpOptions
        {
            Transport = ReadTransport(settings),
            Path = settings.Text("MCP_PATH", defaults.Path, "The path of the MCP endpoint."),
            MaxUploadBytes = settings.Bytes(
                "MCP_MAX_UPLOAD_BYTES", defaults.MaxUploadBytes, 1, 1L << 50, "Bytes of one upload through PUT /workspaces/{id}/files."),
            DrainGraceSeconds = settings.Number(
                "MCP_DRAIN_GRACE_S", defaults.DrainGraceSeconds, 0, 3600,
                "Seconds that running calls may still take when the server stops."),
            StructuredOutput = settings.Choice(
                "MCP_STRUCTURED_OUTPUT", defaults.StructuredOutput, _structuredOutputs,
                "Whether results have structuredContent, and tools an output schema; off: text alone."),
            Tools = ToolSelection.Read(settings),
        };
        if (options.Path.Length < 2 || options.Path[0] != '/' || options.Path[^1] == '/' || options.Path.AsSpan().ContainsAny(_notInPaths))
            settings.Refuse($"MCP_PATH='{options.Path}' is not allowed: use a path such as /mcp.");
        return options;
    }

    private static Transport ReadTransport(Settings settings)
    {
        var mode = settings.Text("MCP_TRANSPORT_MODE", "streamable-http", "How clients reach the server: streamable-http or stdio.");
        switch (mode.ToUpperInvariant())
        {
            case "STREAMABLE-HTTP":
                return Transport.StreamableHttp;
            case "STDIO":
                return Transport.Stdio;
            case "SSE":
                settings.Refuse(
                    "MCP_TRANSPORT_MODE=sse is not offered: that transport is deprecated and has no back pressure. "
                        + "Use streamable-http; every client that speaks sse today also speaks it.");
                return Transport.StreamableHttp;
            default:
                settings.Refuse($"MCP_TRANSPORT_MODE='{mode}' is not allowed: use streamable-http or stdio.");
                return Transport.StreamableHttp;
        }
    }
}
