using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Sees to it that commands which are to end do so in a workspace that its own processes starve: when the time for it is over, the
/// workspace's CPU limit is lifted until they have ended.
/// </summary>
internal sealed partial class StarvedEnds(ExecOptions options, CpuLimitLift lift, TimeProvider time, ILogger<StarvedEnds> logger)
{
    /// <summary>A workspace that is not starved ends hundreds of processes in less.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>Everything of it is to end, background processes included.</summary>
    /// <param name="within">From now.</param>
    public void Expect(ActiveExec active, TimeSpan within) => _ = WatchAsync(active, within, leaderOnly: false);

    /// <summary>The time limit of the command itself, which its agent keeps. Without one, nothing is expected.</summary>
    public void ExpectAtTimeout(ActiveExec active)
    {
        if (active.Exec.Timeout is { } timeout)
            _ = WatchAsync(active, active.Exec.StartedAt + timeout + options.TimeoutGrace - time.GetUtcNow(), leaderOnly: true);
    }

    private async Task WatchAsync(ActiveExec active, TimeSpan within, bool leaderOnly)
    {
        CallDeadline.Leave();
        try
        {
            var wait = (within > TimeSpan.Zero ? within : TimeSpan.Zero) + Moment;
            await Task.Delay(wait, time, active.Over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (active.Over.IsCancellationRequested || (leaderOnly && active.Exec.Finished))
                return;
            await lift.RunAsync(active.Exec.ContainerId, active.Container, active.Over);
        }
        catch (Exception e)
        {
            LogFailed(logger, active.Exec.Id, e);
        }
    }

    [LoggerMessage(LogLevel.Error, "Lifting the CPU limit for the end of an exec failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, ExecId execId, Exception exception);
}
