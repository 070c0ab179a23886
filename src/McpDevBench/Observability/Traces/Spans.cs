using System.Diagnostics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability.Traces;

/// <summary>
/// Starts the spans of the server. Names come from closed sets; a span never holds an argument, a result or an exception's message. Without
/// a listener nothing is allocated.
/// </summary>
internal static class Spans
{
    public const string SourceName = "McpDevBench";
    private const int MaxRequestIdLength = 64;

    private static readonly ActivitySource _source = new(SourceName, BuildInfo.Version);

    /// <summary>The current trace id in W3C format; null outside of a trace.</summary>
    public static string? TraceId =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : null;

    /// <summary>Whether tracing is on.</summary>
    public static bool IsEnabled => _source.HasListeners();

    /// <summary>
    /// A request of the protocol. Its parent is the client's span, if the client named one, with a link to the HTTP request's; else the
    /// HTTP request's.
    /// </summary>
    public static Span Request(in RequestStart start)
    {
        if (!IsEnabled)
            return default;
        var name = start.Tool is null ? start.Method : $"{start.Method} {start.Tool}";
        ActivityLink[]? links = Activity.Current is { } ambient ? [new ActivityLink(ambient.Context)] : null;
        var activity = RemoteParent.TryParse(start.Traceparent, start.Tracestate, out var parent)
            ? _source.StartActivity(name, ActivityKind.Server, parent, links: links)
            : _source.StartActivity(name, ActivityKind.Server);
        if (activity is not { IsAllDataRequested: true })
            return new Span(activity);
        activity.SetTag("mcp.method.name", start.Method);
        activity.SetTag("gen_ai.tool.name", start.Tool);
        activity.SetTag("gen_ai.operation.name", start.IsToolCall ? "execute_tool" : null);
        activity.SetTag(
            "jsonrpc.request.id",
            SecretRedactor.Instance.Redact(start.Id.Length <= MaxRequestIdLength ? start.Id : start.Id[..MaxRequestIdLength]));
        activity.SetTag("network.transport", start.OverHttp ? "tcp" : "pipe");
        activity.SetTag("mcp_devbench.correlation_id", CorrelationId.Current);
        return new Span(activity);
    }

    /// <param name="phase">policy, pull, create, start or ready.</param>
    public static Span SpawnPhase(string phase) => Part("spawn", phase, ActivityKind.Internal);

    /// <param name="call">What was asked of the engine, such as <c>create</c>.</param>
    public static Span Docker(string call) => Part("docker", call, ActivityKind.Client);

    /// <param name="opcode">What was asked of the agent, such as <c>exec_start</c>.</param>
    public static Span Agent(string opcode) => Part("agent", opcode, ActivityKind.Client);

    /// <summary>A transaction that writes, with the wait for its turn.</summary>
    public static Span DatabaseWrite()
    {
        var span = Part("db", "write", ActivityKind.Client, out var activity);
        activity?.SetTag("db.system.name", "sqlite");
        return span;
    }

    /// <summary>
    /// The span of a whole command, created when it has ended: a trace of its own, because a call takes milliseconds and a command may take
    /// days. It is linked to the call that started it, if this server served it, and has its correlation id. It includes what is done until
    /// its disposal.
    /// </summary>
    /// <param name="outcome">An execution outcome in snake_case.</param>
    public static Span Exec(string outcome, string execId, string containerId, DateTimeOffset startedAt, TimeSpan duration)
    {
        if (!IsEnabled)
            return default;
        var call = Activity.Current;
        Activity.Current = null;
        var activity = _source.StartActivity(
            $"exec {outcome}", ActivityKind.Internal, parentContext: default, links: call is null ? null : [new ActivityLink(call.Context)],
            startTime: startedAt);
        if (activity is null)
            Activity.Current = call;
        if (activity is not { IsAllDataRequested: true })
            return new Span(activity);
        activity.SetEndTime((startedAt + duration).UtcDateTime);
        activity.SetTag("mcp_devbench.correlation_id", CorrelationId.Current);
        activity.SetTag("mcp_devbench.container_id", containerId);
        activity.SetTag("mcp_devbench.exec_id", execId);
        return new Span(activity);
    }

    /// <summary>Detaches the current flow from the call's trace.</summary>
    public static void Detach() => Activity.Current = null;

    /// <summary>A child span of a recorded call; background work is not traced.</summary>
    private static Span Part(string what, string which, ActivityKind kind) => Part(what, which, kind, out _);

    private static Span Part(string what, string which, ActivityKind kind, out Activity? activity)
    {
        activity = IsEnabled && Activity.Current is { Recorded: true } ? _source.StartActivity($"{what} {which}", kind) : null;
        if (activity is { IsAllDataRequested: true })
            activity.SetTag("mcp_devbench.correlation_id", CorrelationId.Current);
        return new Span(activity);
    }
}

/// <summary>What is known of a request of the protocol when it comes.</summary>
/// <param name="Method">A method of the protocol, never a name that a client made up.</param>
/// <param name="Tool">A tool of ours; null for another one, or another method.</param>
/// <param name="Id">The request's own, as the client numbers them.</param>
/// <param name="Traceparent">The client's span; null if it sent none.</param>
/// <param name="OverHttp">Else through standard input.</param>
internal readonly record struct RequestStart(
    string Method, string? Tool, bool IsToolCall, string Id, string? Traceparent, string? Tracestate, bool OverHttp);
