using McpDevBench.Calls;
using McpDevBench.Observability;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A call as its tool sees it besides the arguments: the caller, the audit record and the progress.</summary>
internal readonly struct ToolCall(RequestContext<CallToolRequestParams> request)
{
    private readonly CallScope _scope = CallScope.Current!;

    public Caller Caller { get; } = CallFacts.Current!.Caller;

    public string? ClientName => request.Server.ClientInfo?.Name;

    /// <summary>Records the call as a success now, where the rest of it only waits.</summary>
    public Task RecordAsync() => _scope.Record.SucceededAsync();

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
