namespace McpDevBench.Observability.Metrics;

/// <summary>Decisions about access: authentication, the operator's policy, quotas.</summary>
internal sealed class AccessMetrics(MetricFamilies families)
{
    public const string Request = "request", Answer = "answer";

    private static readonly LabelValues _rules = new("host", "origin", "tool", "image", "network", "root", "path");
    private static readonly LabelValues _quotas = new(
        "concurrent_execs", "request_size", "workspaces", "memory", "disk", "transfers", "user_ids", "output");

    private readonly CounterTable _decisions = families.Counter(
        "mcp_auth_decisions_total", "Requests by result of authentication.", ("mode", new LabelValues("none")),
        ("result", new LabelValues("allowed", "denied")));
    private readonly CounterRow _denials = families.Counter(
        "mcp_policy_denials_total", "Calls denied by the operator's policy, by rule.", "rule", _rules);
    private readonly CounterRow _rejections = families.Counter(
        "mcp_quota_rejections_total", "Calls rejected because a quota is used up, by quota.", "rule", _quotas);
    private readonly CounterRow _slowClients = families.Counter(
        "mcp_slow_clients_total",
        "Connections that the server ended because the client sent its request, or read its answer, more slowly than 64 KiB a second.",
        "direction", new LabelValues(Request, Answer));

    /// <summary>Whether a rule is a quota, which is audited as quota.denied.</summary>
    public static bool IsQuota(string? rule) => rule is not null && _quotas.Contains(rule);

    /// <param name="mode">The mode of authentication: none.</param>
    public void Decided(string mode, bool allowed) => _decisions.Add(mode, allowed ? "allowed" : "denied");

    /// <param name="direction"><see cref="Request"/> or <see cref="Answer"/>.</param>
    public void SlowClientDropped(string direction) => _slowClients.Add(direction);

    /// <param name="rule">host, origin, tool, image, network, root or path.</param>
    public void Denied(string rule) => _denials.Add(rule);

    /// <summary>A call was denied by a rule or a quota.</summary>
    public void Rejected(RequestException error)
    {
        if (error.Code == ErrorCode.PathDenied)
            _denials.Add("path");
        else if (error.Rule is { } rule && _quotas.Contains(rule))
            _rejections.Add(rule);
        else if (error.Rule is { } other)
            _denials.Add(other);
    }
}
