namespace McpDevBench.Observability.Metrics;

/// <summary>Whether and where the metrics can be scraped.</summary>
internal sealed record MetricsOptions
{
    public bool Enabled { get; init; } = true;

    /// <summary>Enabled explicitly. A server over stdio opens no port otherwise.</summary>
    public bool AskedFor { get; init; }

    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0: a free one, which the log names.</summary>
    public int Port { get; init; } = 9090;

    /// <param name="host">Where the server itself listens.</param>
    public static MetricsOptions Read(Settings settings, string host)
    {
        var defaults = new MetricsOptions();
        return new()
        {
            Enabled = settings.Flag(
                "MCP_METRICS_ENABLED", defaults.Enabled,
                "Whether Prometheus can scrape /metrics on a port of its own; over stdio only if this is set to true."),
            AskedFor = settings.IsGiven("MCP_METRICS_ENABLED"),
            Port = settings.Number("MCP_METRICS_PORT", defaults.Port, 0, 65535, "The port of /metrics; 0 takes a free one and logs it."),
            Host = settings.OptionalText("MCP_METRICS_HOST", "The address of /metrics; that of MCP_HOST if not set.") ?? host,
        };
    }

    public bool ServedOver(bool stdio) => Enabled && (AskedFor || !stdio);

    /// <summary>For a server that does serve them.</summary>
    /// <param name="apiPort">The port of the API; 0 for none.</param>
    public void CheckListening(Settings settings, bool allowInsecure, int apiPort)
    {
        if (ListenAddress.Parse(Host) is null && !ListenAddress.IsLoopback(Host))
            settings.Refuse($"MCP_METRICS_HOST={Host} is not allowed: use an IP address, localhost, or 0.0.0.0 for all.");
        else if (!ListenAddress.IsLoopback(Host) && !allowInsecure)
            settings.Refuse(
                $"MCP_METRICS_HOST={Host} lets others read the metrics, and there is no authentication: "
                    + "use 127.0.0.1, or set MCP_ALLOW_INSECURE=true if the network is to be trusted.");
        if (Port != 0 && Port == apiPort)
            settings.Refuse($"MCP_METRICS_PORT={Port} is the port of MCP_PORT: give the metrics one of their own.");
    }
}
