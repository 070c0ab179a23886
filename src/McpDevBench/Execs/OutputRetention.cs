using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Keeps the output of ended commands within its limits, a workspace's and the server's, by removing the oldest first; and removes the
/// output of workspaces that are gone. The commands stay listed, with a note.
/// </summary>
internal sealed partial class OutputRetention(
    ExecOptions options, ExecStore store, OutputFolder folder, WorkspaceDirectory workspaces, PeriodicRunner periodic,
    MetricCatalogue metrics, TimeProvider time, ILogger<OutputRetention> logger) : BackgroundService
{
    private static readonly PeriodicTask _task = new(BackgroundMetrics.LimitOutput, TimeSpan.FromSeconds(5));

    /// <summary>After a kill, what its commands printed can still be read for so long.</summary>
    private static readonly TimeSpan _afterRemoval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Output of ended commands does not change, so it is measured once. Many small pieces take more than their bytes.
    /// </summary>
    private Dictionary<ExecId, long> _sizes = [];

    /// <summary>Applies the limits once.</summary>
    public void Apply()
    {
        var kept = Measured(store.KeptOutputs());
        var orphaned = kept.Where(
            output => workspaces.Find(output.ContainerId) is null && output.EndedAt < time.GetUtcNow() - _afterRemoval)
            .ToList();
        Remove(orphaned, "workspace_removed", "Its output was removed with the workspace.");
        kept = [.. kept.Except(orphaned)];
        var beyond = kept.GroupBy(output => output.ContainerId)
            .SelectMany(outputs => Oldest(outputs, options.MaxWorkspaceOutputBytes)).ToList();
        Remove(
            beyond, "workspace_limit",
            "Its output was removed: the workspace's commands had printed more than "
                + $"{options.MaxWorkspaceOutputBytes >> 20} MiB (MCP_WORKSPACE_OUTPUT_MB).");
        kept = [.. kept.Except(beyond)];
        beyond = [.. Oldest(kept, options.MaxTotalOutputBytes)];
        Remove(
            beyond, "total_limit",
            $"Its output was removed: all commands had printed more than {options.MaxTotalOutputBytes >> 20} MiB (MCP_TOTAL_OUTPUT_MB).");
        metrics.Execs.OutputKept(kept.Except(beyond).Sum(output => output.Bytes));
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => periodic.RunAsync(
        _task,
        _ =>
        {
            Apply();
            return Task.CompletedTask;
        },
        stoppingToken);

    private List<KeptOutput> Measured(List<KeptOutput> outputs)
    {
        _sizes = outputs.ToDictionary(
            output => output.ExecId, output => _sizes.TryGetValue(output.ExecId, out var known) ? known : folder.SizeOf(output.ExecId));
        return [.. outputs.Select(output => output with { Bytes = _sizes[output.ExecId] })];
    }

    /// <returns>The oldest, as many as have to go for the rest to fit.</returns>
    private static IEnumerable<KeptOutput> Oldest(IEnumerable<KeptOutput> outputs, long maxBytes)
    {
        var total = 0L;
        return outputs.OrderByDescending(output => output.EndedAt).SkipWhile(output => (total += output.Bytes) <= maxBytes);
    }

    private void Remove(List<KeptOutput> outputs, string reason, string note)
    {
        if (outputs.Count == 0)
            return;
        foreach (var output in outputs)
        {
            // The files first: after a crash in between they are removed once more.
            folder.Delete(output.ExecId);
            store.MarkOutputRemoved(output.ExecId, note);
        }
        metrics.Execs.OutputRemoved(reason, outputs.Count);
        LogRemoved(logger, reason, outputs.Count, outputs.Sum(output => output.Bytes));
    }

    [LoggerMessage(LogLevel.Information, "Output of ended commands removed")]
    private static partial void LogRemoved(ILogger logger, string reason, int commandCount, long bytes);
}
