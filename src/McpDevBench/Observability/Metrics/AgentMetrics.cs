using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Connections to agents.</summary>
internal sealed class AgentMetrics(MetricFamilies families)
{
    private static readonly double[] _buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

    private readonly Gauge _connected = families.Gauge("mcp_agent_connected", "Connected agents.");
    private readonly CounterRow _reconnects = families.Counter(
        "mcp_agent_reconnects_total", "Reconnects to agents, by why the last connection ended.", "reason", new LabelValues(
            "server_start", "closed", "broken", "protocol_error", "no_pong"));
    private readonly Counter _protocolErrors = families.Counter(
        "mcp_agent_protocol_errors_total", "Connections closed because the agent broke the protocol.");
    private readonly Histogram _roundTrip = families.Histogram(
        "mcp_agent_round_trip_seconds", "Round trip of a ping to an agent, in seconds.", _buckets);

    public void Counted(int connected) => _connected.Set(connected);

    /// <param name="reason">server_start, closed, broken, protocol_error or no_pong.</param>
    public void Reconnected(string reason) => _reconnects.Add(reason);

    public void ProtocolBroken() => _protocolErrors.Inc();

    public void Answered(TimeSpan roundTrip) => _roundTrip.Observe(roundTrip.TotalSeconds);
}
