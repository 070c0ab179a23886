using System.Globalization;

namespace McpDevBench.Agents;

/// <summary>
/// A workspace that did not answer in time, as an error with the reason, as far as Docker knows, and what became of the request.
/// </summary>
internal static class AgentSilence
{
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(1);

    /// <param name="consequence">What became of the request: a sentence.</param>
    /// <param name="hint">What to call next; null for the usual advice.</param>
    /// <param name="execId">The command that the request may have started.</param>
    public static async Task<RefusalException> DescribeAsync(
        AgentLink link, string consequence, string? hint = null, string? execId = null)
    {
        var details = execId is null ? null : new Dictionary<string, string> { ["exec_id"] = execId };
        var within = (CallDeadline.Current?.Timeout ?? CallDeadline.DefaultTimeout).TotalSeconds.ToString(
            "0", CultureInfo.InvariantCulture);
        var (state, failure) = await LookAsync(link);
        if (failure is not null)
            return new RefusalException(
                RefusalCode.DockerUnavailable,
                $"The workspace did not answer within {within} s, and neither did Docker: {failure.Message} {consequence}",
                hint ?? failure.Hint, retryable: true, failure) { Details = details };
        var isPaused = state == "paused";
        var advice = isPaused
            ? "Ask the operator to unpause the container (docker unpause), or kill the workspace; then call again."
            : "Call again; if it stays so, list_execs shows what keeps the workspace busy, and system_status whether Docker answers.";
        return new RefusalException(
            RefusalCode.Timeout,
            $"The workspace did not answer within {within} s{(isPaused ? ": its container is paused" : "")}. {consequence}",
            hint ?? advice, retryable: true) { Details = details };
    }

    /// <returns>What Docker reports of the container, or why it reports nothing.</returns>
    private static async Task<(string? State, RefusalException? Failure)> LookAsync(AgentLink link)
    {
        using var timeout = new CancellationTokenSource(LookTimeout);
        try
        {
            return (await link.Containers.StateAsync(link.DockerId, timeout.Token), null);
        }
        catch (RefusalException e)
        {
            return (null, e);
        }
        catch (OperationCanceledException)
        {
            return (null, link is { IsConnected: false, Failure: { Code: RefusalCode.DockerUnavailable } known } ? known : null);
        }
    }
}
