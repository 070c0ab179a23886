using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>What metrics, the trace and the log show of spawns and restarts.</summary>
internal sealed partial class SpawnMeter(MetricCatalogue metrics, TimeProvider time, ILogger<SpawnMeter> logger)
{
    private const string Mode = "cold";

    /// <summary>The steps of one spawn.</summary>
    public SpawnSteps BeginSpawn() => new(metrics.Containers.SpawnPhaseDone, time);

    /// <summary>The steps of one restart: in the trace only.</summary>
    public SpawnSteps BeginRestart() => new(static (_, _) => { }, time);

    /// <summary>Measures and logs a spawn as a whole.</summary>
    public async Task<Spawned> MeasureAsync(ImageReference image, Func<Task<Spawned>> spawn)
    {
        var started = time.GetTimestamp();
        // A pull can take minutes: the log shows meanwhile what is waited for.
        LogSpawning(logger, image.Canonical);
        metrics.WarmPool.Missed("disabled");
        try
        {
            var spawned = await spawn();
            var (workspace, duration) = (spawned.Workspace, time.GetElapsedTime(started));
            metrics.Containers.Spawned(Mode, duration);
            LogCreated(logger, workspace.Id, workspace.Image, workspace.Uid, Math.Round(duration.TotalMilliseconds, 1));
            return spawned;
        }
        catch (Exception e)
        {
            metrics.Containers.SpawnFailed(Mode, ErrorCodes.NameOf(e));
            throw;
        }
    }

    public void UndoPostponed(WorkspaceId id, RequestException why) => LogUndoPostponed(logger, id, why.Message);

    public void RestartUndoPostponed(WorkspaceId id, Exception failure, RequestException why) =>
        LogRestartUndoPostponed(logger, id, failure.Message, why.Message);

    [LoggerMessage(LogLevel.Information, "Starting container spawn")]
    private static partial void LogSpawning(ILogger logger, [Untrusted] string image);

    [LoggerMessage(LogLevel.Information, "Container created")]
    private static partial void LogCreated(ILogger logger, WorkspaceId containerId, [Untrusted] string image, int uid, double durationMs);

    [LoggerMessage(LogLevel.Warning, "What a failed spawn left will be removed later")]
    private static partial void LogUndoPostponed(ILogger logger, WorkspaceId containerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Warning, "A failed resume could not be undone and will be undone later")]
    private static partial void LogRestartUndoPostponed(
        ILogger logger, WorkspaceId containerId, [Untrusted] string reason, [Untrusted] string undoReason);
}
