using McpDevBench.Access;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What a tool knows of the call besides its arguments: on whose behalf it is, and whether somebody watches its progress.</summary>
internal readonly struct ToolCall(RequestContext<CallToolRequestParams> request)
{
    // What is shown while a command runs; the result has all of it.
    private const int MaximumProgressText = 4096;

    public string Owner => Principal.Of(request.User).Name;

    /// <summary>The client gave a token for progress.</summary>
    public bool IsWatched => request.Params.ProgressToken is not null;

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

    /// <param name="done">More than at the last report.</param>
    public ValueTask ReportAsync(float done, float? total, string message, CancellationToken cancellationToken)
    {
        if (request.Params.ProgressToken is not { } token)
            return ValueTask.CompletedTask;
        var shown = message.Length <= MaximumProgressText ? message : $"{message.AsSpan(0, MaximumProgressText)}…";
        var progress = new ProgressNotificationValue { Progress = done, Total = total, Message = shown };
        return new ValueTask(request.Server.NotifyProgressAsync(token, progress, cancellationToken: cancellationToken));
    }
}
