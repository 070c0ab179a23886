using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What a tool knows of the call besides its arguments: on whose behalf it is, and whether somebody watches its progress.</summary>
internal readonly struct ToolCall(RequestContext<CallToolRequestParams> request)
{
    public Caller Caller => Caller.Of(request.User);

    public string? ClientName => request.Server.ClientInfo?.Name;

    /// <summary>What was asked for is done, and what comes is only waiting for it: the audit record is not to wait.</summary>
    public Task RecordAsync() => AuditedCall.Of(request)?.SucceededAsync() ?? Task.CompletedTask;

    /// <summary>Reports progress at a rate that suits a client; null if the client gave no token.</summary>
    public ProgressReporter? BeginProgress(TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Params.ProgressToken is not { } token)
            return null;
        var server = request.Server;
        return new ProgressReporter(
            (progress, stop) => server.NotifyProgressAsync(token, progress, cancellationToken: stop), time, cancellationToken);
    }
}
