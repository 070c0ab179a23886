using System.Text.Json.Nodes;
using McpDevBench.Workspaces;
using McpDevBench.Execs;
using McpDevBench.Observability;
using McpDevBench.Observability.Traces;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>The span of a request, from the SDK's types.</summary>
internal static class RequestSpan
{
    /// <param name="method">As in metrics.</param>
    /// <param name="tool">Null for an unknown tool and for other methods.</param>
    public static Span Begin(JsonRpcRequest request, string method, Tool? tool = null)
    {
        if (!Spans.IsEnabled)
            return default;
        var meta = (request.Params as JsonObject)?["_meta"] as JsonObject;
        return Spans.Request(new RequestStart(
            method, tool?.Name, method == RequestMethods.ToolsCall, request.Id.ToString(), Text(meta, "traceparent"),
            Text(meta, "tracestate"),
            // Only a request over HTTP has a transport of its own.
            OverHttp: request.Context?.RelatedTransport is not null));
    }

    /// <param name="errorType">As in metrics; null for success.</param>
    /// <param name="failure">The exception that the SDK gets, or that became the result of a tool.</param>
    public static void End(Span span, MessageContext context, string? errorType, Exception? failure)
    {
        if (!span.IsRecorded)
            return;
        var facts = CallFacts.Current;
        var container = WorkspaceId.TryParse(facts?.ContainerId, out var id) ? id.ToString() : null;
        var exec = ExecId.TryParse(facts?.ExecId, out var execId) ? execId.ToString() : null;
        span.Ended(new RequestEnd(
            errorType, failure, RpcCode(context, failure), context.Server.NegotiatedProtocolVersion, container, exec));
    }

    private static string? RpcCode(MessageContext context, Exception? failure) => failure switch
    {
        null or OperationCanceledException => null,
        McpProtocolException error => Words.Invariant($"{(int)error.ErrorCode}"),
        // A tool's failure is a result.
        _ => context is RequestContext<CallToolRequestParams> ? null : Words.Invariant($"{(int)McpErrorCode.InternalError}"),
    };

    private static string? Text(JsonObject? meta, string name) =>
        meta?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
