using System.Globalization;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>
/// A workspace that did not answer in time, as an error with the reason, as far as Docker knows, and what became of the request.
/// </summary>
internal static class AgentSilence
{
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Runs a request: a timeout, or a stream that ends before the answer, becomes an error with the reason.</summary>
    /// <param name="consequence">What became of the request: a sentence.</param>
    /// <param name="hint">What to call next; null for the usual advice.</param>
    /// <param name="ifLost">The consequence where the stream ended first; null for the same.</param>
    public static async Task<T> ExplainAsync<T>(
        AgentLink link, Func<Task<T>> action, string consequence, string? hint = null, string? ifLost = null)
    {
        try
        {
            return await action();
        }
        catch (OperationCanceledException) when (CallDeadline.Current is { HasPassed: true })
        {
            throw await DescribeAsync(link, consequence, hint);
        }
        catch (RequestException e) when (AgentErrors.IsStreamLost(e))
        {
            throw await DescribeAsync(link, e, ifLost ?? consequence, hint);
        }
    }

    /// <param name="consequence">What became of the request: a sentence.</param>
    /// <param name="hint">What to call next; null for the usual advice.</param>
    /// <param name="execId">The command that the request may have started.</param>
    /// <param name="timeout">Of the request; null for that of the call.</param>
    public static async Task<RequestException> DescribeAsync(
        AgentLink link, string consequence, string? hint = null, string? execId = null, TimeSpan? timeout = null)
    {
        var details = DetailsOf(execId);
        var within = (timeout ?? CallDeadline.Current?.Timeout ?? CallDeadline.DefaultTimeout).TotalSeconds.ToString(
            "0", CultureInfo.InvariantCulture);
        var (state, failure) = await LookAsync(link);
        if (failure is not null)
            return new RequestException(
                ErrorCode.DockerUnavailable,
                $"The workspace did not answer within {within} s, and neither did Docker: {failure.Message} {consequence}",
                hint ?? failure.Hint, retryable: true, failure) { Details = details };
        var isPaused = state == ContainerState.Paused;
        const string Advice =
            "Call again; if it stays so, list_execs shows what keeps the workspace busy, and system_status whether Docker answers.";
        return new RequestException(
            ErrorCode.Timeout,
            $"The workspace did not answer within {within} s{(isPaused ? ": its container is paused" : "")}. {consequence}",
            isPaused ? UnpauseFirst(hint) : hint ?? Advice, retryable: true) { Details = details };
    }

    /// <summary>As for a timeout, for a stream that ended before the answer.</summary>
    public static async Task<RequestException> DescribeAsync(
        AgentLink link, RequestException lost, string consequence, string? hint = null, string? execId = null)
    {
        var isPaused = (await LookAsync(link)).State == ContainerState.Paused;
        return new RequestException(
            isPaused ? ErrorCode.Timeout : lost.Code,
            isPaused ? $"The workspace did not answer: its container is paused. {consequence}" : $"{lost.Message} {consequence}",
            isPaused ? UnpauseFirst(hint) : hint ?? "Call again.", retryable: true, lost) { Details = DetailsOf(execId) };
    }

    /// <summary>Whether Docker reports now that the container is paused.</summary>
    public static async Task<bool> IsPausedAsync(AgentLink link) => (await LookAsync(link)).State == ContainerState.Paused;

    private static string UnpauseFirst(string? hint) =>
        $"Ask the operator to unpause the container (docker unpause). {hint ?? "Then call again."} "
            + "If it stays paused: kill with keep_workspace=true, then spawn with alias set to the kept_as of kill; that keeps its files.";

    private static Dictionary<string, string>? DetailsOf(string? execId) => execId is null ? null : new() { ["exec_id"] = execId };

    /// <returns>What Docker reports of the container, or why it reports nothing.</returns>
    private static async Task<(ContainerState? State, RequestException? Failure)> LookAsync(AgentLink link)
    {
        using var timeout = new CancellationTokenSource(LookTimeout);
        try
        {
            return (await link.StateAsync(timeout.Token), null);
        }
        catch (RequestException e)
        {
            return (null, e);
        }
        catch (OperationCanceledException)
        {
            return (null, link is { IsConnected: false, Failure: { Code: ErrorCode.DockerUnavailable } known } ? known : null);
        }
    }
}
