using System.Buffers;
using McpDevBench.AgentProtocol;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Writes the output and the end of execs to disk. A full disk delays: a write is repeated until it succeeds, and only then is what was
/// written acknowledged to the agent.
/// </summary>
internal sealed partial class ExecRecorder(
    ExecOptions options, ExecStore store, OutputFolder folder, ExecAudit audit, WorkspaceDirectory workspaces, MetricCatalogue metrics,
    TimeProvider time, ILogger<ExecRecorder> logger)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Opens the output log of an exec that starts, or of one that an earlier server started.</summary>
    public ActiveExec Open(Exec exec, ContainerId container, bool recovered) =>
        new(exec, container, folder.Open(exec.Id)) { Recovered = recovered };

    public async Task WriteOutputAsync(ActiveExec active, ActiveExec.Arrival arrival)
    {
        var droppedBefore = active.Log.DroppedBytes;
        // Not RetryAsync, whose delegate would be allocated for each piece.
        for (var isLogged = false; ; isLogged = true)
        {
            try
            {
                folder.RequireRoom();
                active.Log.Append((byte)arrival.Stream, arrival.UnixMicroseconds, arrival.Content.AsSpan(0, arrival.Length));
                break;
            }
            catch (IOException e)
            {
                if (!isLogged)
                    LogDiskFull(logger, active.Exec.Id, e.Message);
                await Task.Delay(RetryInterval, time);
            }
        }
        ArrayPool<byte>.Shared.Return(arrival.Content!);
        var stream = OutputPager.NameOf((byte)arrival.Stream);
        metrics.Execs.OutputReceived(stream, arrival.Length);
        if (active.Log.DroppedBytes - droppedBefore is > 0 and var dropped)
            metrics.Execs.OutputDropped(stream, dropped);
        active.Wrote(time.GetTimestamp());
    }

    /// <summary>Records the end of a command in the audit log and the database. After a crash in between it is recorded again.</summary>
    /// <param name="exit">Null if its workspace was lost, or it never began.</param>
    /// <param name="background">Its processes that still run; null for none.</param>
    public async Task<RecordedEnd> WriteEndAsync(ActiveExec active, ExecExited? exit, ExecBackground? background)
    {
        var workspace = workspaces.Find(active.Exec.ContainerId);
        var limits = workspace is { Status: WorkspaceStatus.Removing } ? null : workspace?.Limits;
        var (ended, wall) = ExecEnding.Of(active.Exec, exit, active.Log, time.GetUtcNow(), limits, options);
        if (background is not null)
            ended = ended with { Background = ExecEnding.Survivors(background) };
        var row = new RecordedEnd(ended, wall);
        using var span = SpanOf(row);
        var isAudited = false;
        await RetryAsync(active, async () =>
        {
            if (ended.Complete)
                active.Log.End(ended.EndedAt!.Value.ToUnixTimeMilliseconds() * 1000);
            if (!isAudited)
                await audit.FinishedAsync(ended, active.Recovered);
            isAudited = true;
            store.Finish(ended);
        });
        return row;
    }

    /// <summary>Records that the last background process of an ended command has ended.</summary>
    public async Task<Exec> WriteDrainAsync(ActiveExec active)
    {
        var drained = ExecEnding.Drained(active.Exec, active.Log, time.GetUtcNow());
        await RetryAsync(active, () =>
        {
            active.Log.End(drained.DrainedAt!.Value.ToUnixTimeMilliseconds() * 1000);
            store.Finish(drained);
            return Task.CompletedTask;
        });
        return drained;
    }

    /// <summary>Records that it is not known whether a command began, so that a restarted server asks too.</summary>
    public void WriteDoubt(ActiveExec active)
    {
        active.Doubt();
        metrics.Execs.Doubted();
        try
        {
            store.Doubt(active.Exec.Id);
        }
        catch (RequestException e)
        {
            LogDiskFull(logger, active.Exec.Id, e.Message);
        }
    }

    private async Task RetryAsync(ActiveExec active, Func<Task> write)
    {
        for (var isLogged = false; ; isLogged = true)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception e) when (e is RequestException or IOException)
            {
                if (!isLogged)
                    LogDiskFull(logger, active.Exec.Id, e.Message);
                await Task.Delay(RetryInterval, time);
            }
        }
    }

    private static Span SpanOf(RecordedEnd row)
    {
        if (!Spans.IsEnabled)
            return default;
        var exec = row.Exec;
        var span = Spans.Exec(row.Outcome, exec.Id.ToString(), exec.ContainerId.ToString(), exec.StartedAt, row.Wall);
        if (exec.Outcome == ExecOutcome.WorkspaceLost)
            span.Failed(ErrorCode.WorkspaceLost.Name());
        return span;
    }

    [LoggerMessage(LogLevel.Warning, "Output or end of an exec could not be written; retrying")]
    private static partial void LogDiskFull(ILogger logger, ExecId execId, [Untrusted] string reason);
}

/// <summary>An exec whose command has ended, as it was recorded.</summary>
internal sealed record RecordedEnd(Exec Exec, TimeSpan Wall)
{
    public string Outcome { get; } = Exec.Outcome!.Value.Name();
}
