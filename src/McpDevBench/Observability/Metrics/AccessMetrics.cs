namespace McpDevBench.Observability.Metrics;

/// <summary>Who was let in, and what was refused on principle.</summary>
internal sealed class AccessMetrics(MetricFamilies families)
{
    private readonly CounterTable _decisions = families.Counter(
        "mcp_auth_decisions_total", "Requests by whether their caller was accepted.", ("mode", new LabelValues("none", "bearer", "oidc")), ("result", new LabelValues("allowed", "denied")));
    private readonly CounterRow _denials = families.Counter(
        "mcp_policy_denials_total", "Calls that a rule refuses, by rule.", "rule", new LabelValues("host", "origin", "image", "network", "limits", "root", "path"));
    private readonly CounterRow _rejections = families.Counter(
        "mcp_quota_rejections_total", "Calls that are refused because a share is used up, by share.", "rule", new LabelValues("concurrent_execs", "request_size", "disk"));

    /// <param name="mode">none, bearer or oidc.</param>
    public void Decided(string mode, bool allowed) => _decisions.Add(mode, allowed ? "allowed" : "denied");

    /// <param name="rule">host, origin, image, network, limits, root or path.</param>
    public void Denied(string rule) => _denials.Add(rule);

    /// <param name="rule">concurrent_execs, request_size or disk.</param>
    public void Rejected(string rule) => _rejections.Add(rule);
}
