using System.Diagnostics;

namespace McpDevBench.Observability.Traces;

/// <summary>A span, from its start to its disposal; empty where tracing is off.</summary>
internal readonly struct Span(Activity? activity) : IDisposable
{
    /// <summary>Null as well where the trace is passed on, but not recorded.</summary>
    private Activity? Recorded => activity is { IsAllDataRequested: true } ? activity : null;

    /// <summary>Whether it is recorded: for attributes that are costly to compute.</summary>
    public bool IsRecorded => Recorded is not null;

    /// <param name="failure">Only its type is recorded: a message may hold anything.</param>
    public void Failed(Exception failure) => Failed(ErrorCodes.NameOf(failure), failure);

    /// <param name="errorType">The name of a <see cref="ErrorCode"/>, <c>cancelled</c> or <c>tool_error</c>.</param>
    /// <param name="failure">What was thrown, if anything was.</param>
    public void Failed(string errorType, Exception? failure = null)
    {
        if (Recorded is not { } span)
            return;
        span.SetTag("error.type", errorType);
        // A caller's mistake is not a failure of the server.
        if (!ErrorCodes.IsOfTheServer(errorType))
            return;
        span.SetStatus(ActivityStatusCode.Error, errorType);
        if (failure?.GetBaseException() is { } cause and not RequestException)
            span.SetTag("exception.type", cause.GetType().FullName);
    }

    /// <summary>It did not complete; its child spans and the call have the reason.</summary>
    public void Unfinished() => Recorded?.SetTag("error.type", "_OTHER");

    /// <summary>
    /// The server that was asked answered with an error: one of its own from 500 on, below that one that is often expected.
    /// </summary>
    public void Answered(int httpStatus)
    {
        Recorded?.SetTag("http.response.status_code", httpStatus);
        if (httpStatus >= 500)
            Failed(ErrorCode.ServerError.Name());
    }

    /// <inheritdoc cref="RequestEnd"/>
    public void Ended(in RequestEnd end)
    {
        if (Recorded is not { } span)
            return;
        if (end.ErrorType is { } errorType)
            Failed(errorType, end.Failure);
        span.SetTag("rpc.response.status_code", end.RpcCode);
        span.SetTag("mcp.protocol.version", end.ProtocolVersion);
        span.SetTag("mcp_devbench.container_id", end.ContainerId);
        span.SetTag("mcp_devbench.exec_id", end.ExecId);
    }

    public void Dispose() => activity?.Dispose();
}

/// <summary>What is known of a request of the protocol when it has been served; null for what is not.</summary>
/// <param name="ErrorType">The name of a <see cref="ErrorCode"/>, <c>cancelled</c> or <c>tool_error</c>.</param>
/// <param name="Failure">What was thrown.</param>
/// <param name="RpcCode">The code of the error that JSON-RPC answered.</param>
/// <param name="ContainerId">An id of ours, not what a client may have given instead.</param>
/// <param name="ExecId">As well.</param>
internal readonly record struct RequestEnd(
    string? ErrorType, Exception? Failure, string? RpcCode, string? ProtocolVersion, string? ContainerId, string? ExecId);
