using System.Collections.Concurrent;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Brings stopped workspaces back: reconnects to a container that runs again, or has the <see cref="Spawner"/> make another. One resume at
/// a time for each workspace, shared by all who wait; their processes are gone.
/// </summary>
internal sealed partial class WorkspaceResumer(
    WorkspaceDirectory workspaces, Spawner spawner, WorkspaceContainers containers, KeyedLock keys, DrainState drain,
    MetricCatalogue metrics, TimeProvider time, ILogger<WorkspaceResumer> logger)
{
    private const int MaxAtOnce = 2;

    /// <summary>What a call that has to wait for a container may take longer.</summary>
    private static readonly TimeSpan ResumeTimeout = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ReconnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<WorkspaceId, Lazy<Task<Workspace>>> _underWay = [];

    /// <summary>A resume has ended: its start, its duration and its error code; null for a success.</summary>
    public event Func<Workspace, DateTimeOffset, TimeSpan, string?, Task>? Resumed;

    /// <summary>Held while a workspace gets or loses its container.</summary>
    public static string LockOf(WorkspaceId id) => $"workspace\n{id}";

    /// <summary>Brings a workspace back; the caller's going away does not end it. Does nothing if its container runs.</summary>
    public async Task<Workspace> ResumeAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var resume = _underWay.GetOrAdd(workspace.Id, id => new Lazy<Task<Workspace>>(() => RunAsync(id)));
        CallDeadline.Current?.Extend(ResumeTimeout);
        var resumed = await resume.Value.WaitAsync(cancellationToken);
        // Of several calls that waited, each reports it.
        if (workspace.Container != resumed.Container)
            workspaces.ReportResumed(resumed.Id);
        return resumed;
    }

    /// <summary>Whether a resume runs now.</summary>
    public bool IsUnderWay(WorkspaceId id) => _underWay.ContainsKey(id);

    /// <summary>
    /// Resumes every persistent workspace that has stopped, a few at a time. One that cannot be resumed now waits for its next use.
    /// </summary>
    public Task ResumePersistentAsync(CancellationToken cancellationToken) => Parallel.ForEachAsync(
        workspaces.All.Where(workspace => workspace is { Persistent: true, Status: WorkspaceStatus.Stopped }),
        new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken },
        async (workspace, token) =>
        {
            try
            {
                await ResumeAsync(workspace, token);
            }
            catch (RequestException e)
            {
                LogPostponed(logger, workspace.Id, e.Message);
            }
        });

    /// <summary>Undoes a resume that a crash interrupted.</summary>
    public async Task UndoAsync(WorkspaceId id)
    {
        using var _ = await keys.LockAsync(LockOf(id), CancellationToken.None);
        if (workspaces.Find(id) is { Status: WorkspaceStatus.Resuming } workspace)
            await spawner.UndoRestartAsync(workspace);
    }

    private async Task<Workspace> RunAsync(WorkspaceId id)
    {
        try
        {
            using var _ = await keys.LockAsync(LockOf(id), CancellationToken.None);
            var workspace = workspaces.Find(id);
            if (workspace is null or { Status: WorkspaceStatus.Removing })
                throw workspaces.NotFound(new Caller(workspace?.Owner ?? ""), id.ToString());
            return await IsRunningAsync(workspace) ? workspace : await MeasuredAsync(workspace);
        }
        finally
        {
            _underWay.TryRemove(id, out var _);
        }
    }

    /// <summary>
    /// Whether its container runs, according to the row; after a restart of the server a connection to it is then on its way.
    /// </summary>
    private async Task<bool> IsRunningAsync(Workspace workspace)
    {
        if (workspace is not { Status: WorkspaceStatus.Running, Container: not null })
            return false;
        if (containers.IsKnown(workspace))
            return true;
        if (!await containers.IsUpAsync(workspace, CancellationToken.None))
            return false;
        containers.Reconnect(workspace);
        return true;
    }

    private async Task<Workspace> MeasuredAsync(Workspace workspace)
    {
        var (began, started) = (time.GetUtcNow(), time.GetTimestamp());
        string? error = null;
        try
        {
            workspaces.ForgetHomeLost(workspace.Id);
            var resumed = await TryReconnectAsync(workspace) ?? await RestartAsync(workspace);
            workspaces.NoteResumed(workspace.Id);
            LogResumed(logger, workspace.Id, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
            return resumed;
        }
        catch (Exception e)
        {
            error = ErrorCodes.NameOf(e);
            throw;
        }
        finally
        {
            var duration = time.GetElapsedTime(started);
            metrics.Containers.Resumed(error ?? "success", duration);
            await (Resumed?.Invoke(workspace, began, duration, error) ?? Task.CompletedTask);
        }
    }

    /// <summary>A stopped container that was started again past the server is used as it is.</summary>
    /// <returns>Null: there is none that answers.</returns>
    private async Task<Workspace?> TryReconnectAsync(Workspace workspace)
    {
        if (workspace is not { Status: WorkspaceStatus.Stopped, Container: not null }
            || !await containers.IsUpAsync(workspace, CancellationToken.None))
            return null;
        containers.Reconnect(workspace);
        return await AnswersAsync(workspace) ? workspaces.Replace(workspace with { Status = WorkspaceStatus.Running }) : null;
    }

    private async Task<bool> AnswersAsync(Workspace workspace)
    {
        using var deadline = new CancellationTokenSource(ReconnectTimeout, time);
        try
        {
            await containers.CheckAsync(workspace, deadline.Token);
            return true;
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            // It is made anew, which always works.
            return false;
        }
    }

    private Task<Workspace> RestartAsync(Workspace workspace) => drain.IsDraining
        ? throw new RequestException(
            ErrorCode.Draining, "The server is shutting down, so the workspace's container is not started again now.",
            "Try again in a minute.", retryable: true)
        : spawner.RestartAsync(workspace);

    [LoggerMessage(LogLevel.Information, "Workspace resumed")]
    private static partial void LogResumed(ILogger logger, WorkspaceId containerId, double durationMs);

    [LoggerMessage(LogLevel.Warning, "Workspace could not be resumed in the background; its next use tries again")]
    private static partial void LogPostponed(ILogger logger, WorkspaceId containerId, [Untrusted] string reason);
}
