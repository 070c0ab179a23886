using System.Text.Json.Nodes;
using McpDevBench.Workspaces;
using McpDevBench.Execs;
using McpDevBench.Observability;
using McpDevBench.Observability.Traces;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A request's span, out of the SDK's types: what of a request may be seen in a trace.</summary>
internal static class RequestSpan
{
    /// <param name="method">As metrics name it.</param>
    /// <param name="tool">A tool of ours; null for one that we do not have, and for other methods.</param>
    public static Span Begin(JsonRpcRequest request, string method, Tool? tool = null)
    {
        if (!Spans.AreWanted)
            return default;
        var meta = (request.Params as JsonObject)?["_meta"] as JsonObject;
        return Spans.Request(new RequestStart(
            method, tool?.Name, method == RequestMethods.ToolsCall, request.Id.ToString(), Text(meta, "traceparent"), Text(meta, "tracestate"),
            // Standard input and output are everybody's; an HTTP request has its own.
            OverHttp: request.Context?.RelatedTransport is not null));
    }

    /// <param name="errorType">As metrics name it; null for success.</param>
    /// <param name="failure">What goes on to the SDK, or would have.</param>
    public static void End(Span span, MessageContext context, string? errorType, Exception? failure)
    {
        if (!span.IsRecorded)
            return;
        var facts = CallFacts.Current;
        span.Ended(new RequestEnd(
            errorType, failure, RpcCode(context, failure), context.Server.NegotiatedProtocolVersion,
            ContainerId.TryParse(facts?.ContainerId, out var container) ? container.ToString() : null, ExecId.TryParse(facts?.ExecId, out var exec) ? exec.ToString() : null));
    }

    private static string? RpcCode(MessageContext context, Exception? failure) => failure switch
    {
        null or OperationCanceledException => null,
        McpProtocolException refused => Words.Invariant($"{(int)refused.ErrorCode}"),
        // A tool's failure is a result.
        _ => context is RequestContext<CallToolRequestParams> ? null : Words.Invariant($"{(int)McpErrorCode.InternalError}"),
    };

    private static string? Text(JsonObject? meta, string name) => meta?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
