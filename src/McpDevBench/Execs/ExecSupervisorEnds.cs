using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Execs;

/// <summary>The end of a command, and of the processes that outlive it: recorded, acknowledged, counted.</summary>
internal sealed partial class ExecSupervisor
{
    /// <returns>Always true: there is nothing after the end.</returns>
    private async Task<bool> FinishAsync(ActiveExec active, ActiveExec.Arrival arrival)
    {
        await active.Announced;
        if (active.Exec.Finished)
        {
            await DrainedAsync(active);
            return true;
        }
        var (finished, wall) = EndOf(active, arrival.Exit);
        var outcome = ExecStore.OutcomeName(finished.Outcome!.Value);
        using var span = SpanOf(finished, outcome, wall);
        await StoreEndAsync(active, finished);
        Acknowledge(active, exit: true);
        Remove(active);
        metrics.Execs.Ended(outcome, wall);
        active.Finish(finished);
        LogFinished(logger, finished.Id, finished.ContainerId, outcome, finished.ExitCode, Math.Round(wall.TotalMilliseconds, 1));
        return true;
    }

    /// <summary>
    /// The command has ended, and processes of it still run: it gives its slot back, and is watched on until they have ended.
    /// </summary>
    private async Task EnterBackgroundAsync(ActiveExec active, ExecBackground background)
    {
        await active.Announced;
        if (active.Exec.Finished)
            return;
        var (ended, wall) = EndOf(active, background.Leader);
        ended = ended with { Background = ExecEnding.Survivors(background) };
        var outcome = ExecStore.OutcomeName(ended.Outcome!.Value);
        using var span = SpanOf(ended, outcome, wall);
        await StoreEndAsync(active, ended);
        slots.Release(active.Exec);
        metrics.Execs.Ended(outcome, wall);
        metrics.Execs.EnteredBackground();
        active.Update(ended);
        LogFinished(logger, ended.Id, ended.ContainerId, outcome, ended.ExitCode, Math.Round(wall.TotalMilliseconds, 1));
    }

    /// <summary>The last process in the background has ended.</summary>
    private async Task DrainedAsync(ActiveExec active)
    {
        var drained = ExecEnding.Drained(active.Exec, active.Log, time.GetUtcNow());
        await RetryAsync(active, () =>
        {
            active.Log.End(drained.DrainedAt!.Value.ToUnixTimeMilliseconds() * 1000);
            store.Finish(drained);
            return Task.CompletedTask;
        });
        Acknowledge(active, exit: true);
        Remove(active);
        metrics.Execs.LeftBackground();
        active.Finish(drained);
        LogDrained(logger, drained.Id, drained.ContainerId);
    }

    private (Exec Exec, TimeSpan Wall) EndOf(ActiveExec active, ExecExited? exit)
    {
        var workspace = workspaces.Find(active.Exec.ContainerId);
        var limits = workspace is { Status: WorkspaceStatus.Removing } ? null : workspace?.Limits;
        return ExecEnding.Of(active.Exec, exit, active.Log, time.GetUtcNow(), limits, options);
    }

    private async Task StoreEndAsync(ActiveExec active, Exec ended)
    {
        var reported = false;
        await RetryAsync(active, async () =>
        {
            if (ended.Complete)
                active.Log.End(ended.EndedAt!.Value.ToUnixTimeMilliseconds() * 1000);
            if (!reported)
                await Finished(ended, active.Recovered);
            reported = true;
            store.Finish(ended);
        });
    }

    private async Task RetryAsync(ActiveExec active, Func<Task> action)
    {
        for (var warned = false; ; warned = true)
        {
            try
            {
                await action();
                return;
            }
            catch (Exception e) when (e is RequestException or IOException)
            {
                if (!warned)
                    LogDiskFull(logger, active.Exec.Id, e.Message);
                await Task.Delay(DiskTimeout, time);
            }
        }
    }

    private static Span SpanOf(Exec finished, string outcome, TimeSpan wall)
    {
        if (!Spans.AreWanted)
            return default;
        var span = Spans.Exec(outcome, finished.Id.ToString(), finished.ContainerId.ToString(), finished.StartedAt, wall);
        if (finished.Outcome == ExecOutcome.WorkspaceLost)
            span.Failed(ErrorCode.WorkspaceLost.Name());
        return span;
    }

    [LoggerMessage(LogLevel.Information, "Exec finished")]
    private static partial void LogFinished(
        ILogger logger, ExecId execId, WorkspaceId containerId, string outcome, int? exitCode, double durationMs);

    [LoggerMessage(LogLevel.Information, "Background processes of an exec have ended")]
    private static partial void LogDrained(ILogger logger, ExecId execId, WorkspaceId containerId);
}
