using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Execs;

/// <summary>
/// Starts commands through agents. A start whose answer does not arrive in time is answered as a timeout and settled later: the exec is
/// recorded as starting until its agent reports whether it began, and is cancelled if it did.
/// </summary>
internal sealed partial class ExecStarter(
    ExecSupervisor supervisor, StarvedEnds ends, ExecStore store, AgentDirectory agents, WorkspaceDirectory workspaces, TimeProvider time,
    ILogger<ExecStarter> logger)
{
    private const int MaxAttempts = 4;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <exception cref="RequestException">The command was not started, or it is not known whether it was; the message states
    /// which.</exception>
    /// <exception cref="OperationCanceledException">As before, and the caller has gone.</exception>
    public async Task<AgentLink> StartAsync(ActiveExec active, ExecStart start, CancellationToken cancellationToken)
    {
        AgentLink link;
        try
        {
            // The workspace may have gone while the call waited for its slot.
            link = agents.Get(active.Container);
            store.Insert(active.Exec);
        }
        catch (RequestException)
        {
            supervisor.Dismiss(active);
            throw;
        }
        await StartAsync(active, link, start, cancellationToken);
        return link;
    }

    /// <summary>After a restart of the server, or of the stream: asks what became of a start that was answered as a timeout.</summary>
    public void Resume(ActiveExec active, AgentLink link)
    {
        CallDeadline.Leave();
        _ = SettleAsync(active, link, null);
    }

    private async Task StartAsync(ActiveExec active, AgentLink link, ExecStart start, CancellationToken cancellationToken)
    {
        AgentCall? asked = null;
        for (var attempt = 1; ; attempt++)
        {
            AgentConnection? connection = null;
            try
            {
                connection = await link.ConnectionAsync(cancellationToken);
                asked = connection.Call(Opcode.ExecStart, start.Write);
                var started = await AnswerAsync(asked, cancellationToken);
                active.Confirmed = true;
                // An agent of version 1 knows no other shell than sh.
                if (start.PrefersBash)
                    active.Update(ExecEnding.WithShell(active.Exec, started.Shell.Length == 0 ? "sh" : started.Shell));
                asked.Abandon();
                return;
            }
            catch (OperationCanceledException) when (asked is null or { HasAnswer: true })
            {
                supervisor.Dismiss(active);
                await ThrowIfPassedAsync(link);
                throw;
            }
            catch (OperationCanceledException)
            {
                Doubt(active, link, asked!);
                await ThrowIfPassedAsync(link, active.Exec.Id);
                throw;
            }
            catch (RequestException e) when (asked is null or { HasAnswer: true } or { Sent.IsFaulted: true })
            {
                supervisor.Dismiss(active);
                throw StartHints.Explain(Explain(e, workspaces.Find(active.Exec.ContainerId)?.Limits), start);
            }
            catch (RequestException e) when (e.Code == ErrorCode.WorkspaceLost)
            {
                active.Confirmed = true;
                active.Lose();
                // Not workspace_lost: that would have it run again, on the workspace's next container.
                throw new RequestException(
                    ErrorCode.ServerError,
                    $"The workspace's container ended while the command was being started as {active.Exec.Id}. It may have run in part.",
                    "Look first what it did; then call again.", retryable: true, e);
            }
            catch (RequestException) when (attempt < MaxAttempts && connection is { Closed.IsCancellationRequested: true })
            {
                // Broken in between. The key makes the start repeatable: once more on the next stream.
            }
            catch (RequestException e)
            {
                Doubt(active, link, asked!);
                throw await AgentSilence.DescribeAsync(
                    link, e, Doubtful(active.Exec.Id), AskLater(active.Exec.Id), active.Exec.Id.ToString());
            }
        }
    }

    private static async Task<ExecStarted> AnswerAsync(AgentCall asked, CancellationToken cancellationToken)
    {
        using var span = Spans.Agent("exec_start");
        try
        {
            return await asked.AnswerAsync(ExecStarted.Read, cancellationToken);
        }
        catch (Exception e)
        {
            span.Failed(e);
            throw;
        }
    }

    /// <summary>It may run. It stays recorded, and keeps its slot, until that is known.</summary>
    private void Doubt(ActiveExec active, AgentLink link, AgentCall asked)
    {
        supervisor.Doubt(active);
        LogDoubtful(logger, active.Exec.Id);
        _ = SettleAsync(active, link, asked);
    }

    private static async Task ThrowIfPassedAsync(AgentLink link, ExecId? doubtful = null)
    {
        if (CallDeadline.Current is not { HasPassed: true })
            return;
        throw doubtful is { } id
            ? await AgentSilence.DescribeAsync(link, Doubtful(id), AskLater(id), id.ToString())
            : await AgentSilence.DescribeAsync(link, "The command was not started and will not be.");
    }

    private async Task SettleAsync(ActiveExec active, AgentLink link, AgentCall? asked)
    {
        CallDeadline.Leave();
        try
        {
            var began = (asked is null ? null : await asked.LateAnswerAsync()) ?? await EndAsync(active, link);
            if (began is AgentStatus.Ok)
                await EndAsync(active, link);
            else if (began is not null)
                active.NeverBegan();
            LogSettled(logger, active.Exec.Id, began is AgentStatus.Ok ? "started" : "not_started");
        }
        catch (Exception e)
        {
            LogFailed(logger, active.Exec.Id, e);
        }
    }

    /// <summary>Ends it on whichever stream is up, for as long as it takes to reach the agent.</summary>
    /// <returns>Ok if it had begun, NoSuchExec if it never did and never will; null if its container is gone.</returns>
    private async Task<AgentStatus?> EndAsync(ActiveExec active, AgentLink link)
    {
        var cancel = new ExecCancel(active.Exec.Id.Value, GraceMs: 0);
        ends.Expect(active, TimeSpan.Zero);
        while (!active.Exec.Finished)
        {
            try
            {
                using var timeout = new CancellationTokenSource(CallDeadline.DefaultTimeout, time);
                await link.RequestAsync(
                    Opcode.ExecCancel, cancel.Write, static (ref MessageReader _) => true, repeatable: true, timeout.Token);
                active.Confirmed = true;
                return AgentStatus.Ok;
            }
            catch (RequestException e) when (e.Code == ErrorCode.ExecNotFound)
            {
                return AgentStatus.NoSuchExec;
            }
            catch (RequestException e) when (e.Code == ErrorCode.WorkspaceLost)
            {
                return null;
            }
            catch (Exception e) when (e is RequestException or OperationCanceledException)
            {
                // The stream broke, or the agent did not answer.
                await Task.Delay(RetryInterval, time);
            }
        }
        return null;
    }

    private static RequestException Explain(RequestException e, WorkspaceLimits? limits) => e switch
    {
        // A program or folder that is not there is the caller's argument, not a file that was asked for.
        { Code: ErrorCode.FileNotFound } =>
            new RequestException(ErrorCode.InvalidArgument, e.Message, "Check cwd; fs_list shows what is in the workspace.", inner: e),
        { Code: ErrorCode.ResourceExhausted, Retryable: true } when limits is not null => new RequestException(
            e.Code, e.Message, ExecNotes.AtLimits(limits), retryable: true, inner: e) { Rule = e.Rule, Details = e.Details },
        _ => e,
    };

    private static string Doubtful(ExecId id) =>
        $"The command may have been started as {id}; if so, it is ended as soon as the workspace answers.";

    private static string AskLater(ExecId id) =>
        $"Call exec_poll with exec_id {id}: it says what became of the command. If it was not started, repeat the call.";

    [LoggerMessage(LogLevel.Warning, "An agent did not answer whether an exec started")]
    private static partial void LogDoubtful(ILogger logger, ExecId execId);

    [LoggerMessage(LogLevel.Information, "The start of an exec is settled")]
    private static partial void LogSettled(ILogger logger, ExecId execId, [Untrusted] string outcome);

    [LoggerMessage(LogLevel.Error, "Settling the start of an exec failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, ExecId execId, Exception exception);
}
