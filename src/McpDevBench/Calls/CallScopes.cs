using System.Security.Claims;
using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Calls;

/// <summary>Begins calls, with the parts of the server that all of them pass through.</summary>
/// <param name="tools">The tools that texts may name.</param>
/// <param name="handles">Null where there are no workspaces.</param>
internal sealed class CallScopes(
    MetricCatalogue metrics, AuditLog audit, DrainState drain, ToolNames tools, TimeProvider time, ILogger<CallScope> logger,
    CallHandles? handles = null)
{
    public MetricCatalogue Metrics => metrics;

    public AuditLog Audit => audit;

    public DrainState Drain => drain;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    public CallHandles? Handles => handles;

    /// <summary>
    /// Gives the current flow a correlation id (over HTTP it has one already), a caller, and facts for logs, records and spans.
    /// </summary>
    /// <param name="clientName">How the client calls itself.</param>
    public CallFacts Enter(ClaimsPrincipal? user, string? clientName = null)
    {
        CorrelationId.Ensure();
        ToolNames.Current = tools;
        var facts = CallFacts.Begin(Caller.Of(user));
        facts.ClientName = clientName;
        return facts;
    }

    /// <param name="http">The request, for an endpoint of its own that answers with a status.</param>
    public CallScope Begin(CallKind kind, HttpContext? http = null) => new(this, kind, http);
}
