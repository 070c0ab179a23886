using McpDevBench.Access;

namespace McpDevBench.Calls;

/// <summary>
/// The life of one call, whichever entrance it came through: deadline, drain, audit, the service itself, then the error, audit, metrics and
/// the line in the log. The entrance has named the caller (<see cref="CallScopes.Enter"/>); a large request has waited for its share of the
/// memory (<see cref="CallMemory"/>) before it became a call.
/// </summary>
internal sealed partial class CallScope(CallScopes parts, CallKind kind, HttpContext? http)
{
    private static readonly AsyncLocal<CallScope?> _current = new();

    private readonly long _started = parts.Time.GetTimestamp();
    private readonly ILogger _logger = parts.Logger;

    /// <summary>Of the call that is being served, or null outside of one. It flows with the asynchronous call.</summary>
    public static CallScope? Current => _current.Value;

    public CallRecord Record { get; } = new(parts.Audit, parts.Time, kind.Name, kind.AuditEvent, kind.MayGoUnrecorded);

    /// <summary>It only asks what would be done.</summary>
    public bool IsDryRun { get; set; }

    /// <summary>As metrics name it; null for success.</summary>
    public string? ErrorType { get; private set; }

    /// <summary>The exception that ended it: the cause, where the caller gets only an id.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>It was answered because its time was over; it may go on without an answer.</summary>
    public bool HasTimedOut { get; private set; }

    /// <param name="gone">Cancelled when the caller has gone.</param>
    /// <exception cref="RequestException">Every failure, but for those that the entrance's own protocol answers.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> serve, CancellationToken gone)
    {
        _current.Value = this;
        parts.Handles?.ResolveWorkspaces();
        using var deadline = BeginDeadline(gone);
        try
        {
            RequireServing();
            await Record.RequireAsync();
            var result = await ServeAsync(serve, deadline, gone);
            if (ErrorType is null)
                await Record.SucceededAsync();
            return result;
        }
        catch (Exception exception)
        {
            var error = ErrorOf(exception, deadline, gone);
            if (error == exception)
                throw;
            throw error;
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<CancellationToken, Task> serve, CancellationToken gone) => RunAsync(
        async stop =>
        {
            await serve(stop);
            return true;
        }, gone);

    /// <summary>It was answered with an error of its own.</summary>
    public void Fails(string errorType) => ErrorType = errorType;

    private CallDeadline? BeginDeadline(CancellationToken gone) => kind.Limit switch
    {
        CallLimit.Deadline => CallDeadline.Begin(parts.Time, CallDeadline.DefaultTimeout, gone),
        CallLimit.Transfer => CallDeadline.BeginTransfer(parts.Time, gone),
        _ => null,
    };

    private void RequireServing()
    {
        if (parts.Drain.IsDraining && !kind.IsReadOnly)
            throw new RequestException(
                ErrorCode.Draining, $"The server is shutting down, so {kind.Name} was not started.",
                "Call again in a minute: a restarted server finds running workspaces and commands again.", retryable: true);
    }

    /// <summary>A transfer cannot be answered before it has ended: its answer is on its way.</summary>
    private static Task<T> ServeAsync<T>(Func<CancellationToken, Task<T>> serve, CallDeadline? deadline, CancellationToken gone) =>
        deadline is null or { IsForTransfer: true } ? serve(deadline?.Token ?? gone) : deadline.BoundAsync(serve(deadline.Token));

    /// <returns>What the entrance gets: an error for the caller, or the failure itself where its protocol answers it.</returns>
    private Exception ErrorOf(Exception failure, CallDeadline? deadline, CancellationToken gone)
    {
        Failure = failure;
        if (deadline?.IsReason(failure) == true)
        {
            HasTimedOut = true;
            Failure = failure = CallErrors.TimedOut(kind.Name, kind.IsReadOnly || IsDryRun, deadline, failure);
        }
        else if (failure is RequestException refused)
        {
            parts.Metrics.Access.Rejected(refused);
        }
        if (failure is RequestException error)
            ErrorType = error.Code.Name();
        else if (kind.ProtocolErrorOf?.Invoke(failure) is { } own)
            ErrorType = own == CallErrors.None ? null : own;
        else if (CallErrors.OfCaller(failure, http, gone) is { } theirs)
            ErrorType = theirs;
        else
            return Unexpected(failure);
        return failure;
    }

    private RequestException Unexpected(Exception failure)
    {
        ErrorType = ErrorCode.ServerError.Name();
        LogUnexpected(failure, kind.Name);
        return HttpError.Unexpected(failure);
    }

    private async Task EndAsync()
    {
        if (ErrorType is not null)
        {
            parts.Handles?.Resolve();
            await Record.FailedAsync(ErrorType, Failure);
        }
        var duration = parts.Time.GetElapsedTime(_started);
        parts.Metrics.Api.Served(kind.Name, duration, ErrorType);
        if (!kind.IsLogged)
            return;
        var (outcome, milliseconds) = (ErrorType ?? "ok", Math.Round(duration.TotalMilliseconds, 1));
        if (http is null)
            LogToolCalled(kind.Name, outcome, milliseconds);
        else
            LogEndpointCalled(kind.Name, outcome, CallErrors.StatusOf(Failure, http), milliseconds);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private partial void LogToolCalled(string tool, string outcome, double durationMs);

    [LoggerMessage(Level = LogLevel.Information, Message = "File endpoint called")]
    private partial void LogEndpointCalled(string method, string outcome, int httpStatus, double durationMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string method);
}
