using System.Globalization;
using McpDevBench.Access;

namespace McpDevBench.Calls;

/// <summary>The errors of calls that no service has named.</summary>
internal static class CallErrors
{
    /// <summary>An exception that is not a failure.</summary>
    public const string None = "none";

    private const string Cancelled = "cancelled";

    /// <param name="isReadOnly">It changes nothing, so it may simply be repeated.</param>
    public static RequestException TimedOut(string name, bool isReadOnly, CallDeadline deadline, Exception inner) => new(
        ErrorCode.Timeout,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{name} did not finish within {deadline.Timeout.TotalSeconds:0} s.{(isReadOnly ? "" : " What it had begun may be done.")}"),
        isReadOnly
            ? "Call again, or ask for less at once; system_status shows whether Docker and the workspaces answer."
            : "Look first what was done (list_containers, list_execs, fs_stat); then call again.",
        retryable: true, inner);

    /// <summary>The error type of a failure that the caller caused: it has gone, or its request is malformed. Null for any other.</summary>
    public static string? OfCaller(Exception failure, HttpContext? http, CancellationToken gone)
    {
        if (http is null)
            return failure is OperationCanceledException && gone.IsCancellationRequested ? Cancelled : null;
        if (HttpFailures.HasLeft(http, failure) || failure is OperationCanceledException)
            return Cancelled;
        return HttpFailures.Malformed(failure) is { } malformed ? HttpFailures.CodeOf(malformed).Name() : null;
    }

    /// <summary>The status that an endpoint answers with.</summary>
    public static int StatusOf(Exception? failure, HttpContext http) =>
        failure is null ? http.Response.StatusCode : HttpFailures.StatusOf(failure);
}
