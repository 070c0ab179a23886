namespace McpDevBench.Observability.Metrics;

/// <summary>Who was let in, and what was refused on principle.</summary>
internal sealed class AccessMetrics(MetricFamilies families)
{
    public const string Request = "request", Answer = "answer";

    private static readonly LabelValues _rules = new("host", "origin", "tool", "image", "network", "root", "path");
    private static readonly LabelValues _shares = new(
        "concurrent_execs", "request_size", "workspaces", "memory", "disk", "transfers", "user_ids", "output");

    private readonly CounterTable _decisions = families.Counter(
        "mcp_auth_decisions_total", "Requests by whether their caller was accepted.", ("mode", new LabelValues("none")),
        ("result", new LabelValues("allowed", "denied")));
    private readonly CounterRow _denials = families.Counter(
        "mcp_policy_denials_total", "Calls that a rule refuses, by rule.", "rule", _rules);
    private readonly CounterRow _rejections = families.Counter(
        "mcp_quota_rejections_total", "Calls that are refused because a share is used up, by share.", "rule", _shares);
    private readonly CounterRow _slowClients = families.Counter(
        "mcp_slow_clients_total",
        "Connections that the server ended because the client sent its request, or read its answer, more slowly than 64 KiB a second.",
        "direction", new LabelValues(Request, Answer));

    /// <summary>Whether a rule is the end of a share, which is audited as quota.denied.</summary>
    public static bool IsShare(string? rule) => rule is not null && _shares.Contains(rule);

    /// <param name="mode">The mode of authentication: none.</param>
    public void Decided(string mode, bool allowed) => _decisions.Add(mode, allowed ? "allowed" : "denied");

    /// <param name="direction"><see cref="Request"/> or <see cref="Answer"/>.</param>
    public void SlowClientDropped(string direction) => _slowClients.Add(direction);

    /// <param name="rule">host, origin, tool, image, network, root or path.</param>
    public void Denied(string rule) => _denials.Add(rule);

    /// <summary>A call ran into a rule of the operator's, or into the end of a share.</summary>
    public void Refused(RequestException refusal)
    {
        if (refusal.Code == ErrorCode.PathDenied)
            _denials.Add("path");
        else if (refusal.Rule is { } rule && _shares.Contains(rule))
            _rejections.Add(rule);
        else if (refusal.Rule is { } other)
            _denials.Add(other);
    }
}
