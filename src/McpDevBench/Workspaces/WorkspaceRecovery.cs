using System.Collections.Concurrent;
using McpDevBench.Agents;
using McpDevBench.Engine;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Finds the running container behind a handle, for every call that needs one. A container that was stopped or removed is made anew on the
/// workspace's volume, with the same image, limits, network and environment; its processes are gone. One resume at a time for each
/// workspace, for all who wait.
/// </summary>
internal sealed partial class WorkspaceRecovery(
    WorkspaceDirectory workspaces, WorkspaceFactory factory, AgentDirectory agents, EngineContainers containers, VolumePool pool,
    Ownership ownership,
    ImagePolicy policy, ImageProvider images, KeyedLock keys, DrainState drain, MetricCatalogue metrics, TimeProvider time,
    ILogger<WorkspaceRecovery> logger)
{
    private const int MaxAttempts = 3, MaxAtOnce = 2;

    /// <summary>What a call that has to wait for a container may take longer.</summary>
    private static readonly TimeSpan ResumeTimeout = TimeSpan.FromSeconds(20);

    /// <summary>What a resumed workspace has at least left of its time to live: enough to fetch its files.</summary>
    private static readonly TimeSpan MinLease = TimeSpan.FromHours(1);

    private static readonly TimeSpan ReconnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ContainerId, Lazy<Task<Workspace>>> _underWay = [];

    /// <summary>
    /// Called after each resume, with its start, its duration and its error code; null for a success. Set once, at start.
    /// </summary>
    public Func<Workspace, DateTimeOffset, TimeSpan, string?, Task> Resumed { get; set; } = (_, _, _, _) => Task.CompletedTask;

    /// <summary>Held while a workspace gets or loses its container.</summary>
    public static string LockOf(ContainerId id) => $"workspace\n{id}";

    /// <summary>
    /// Runs an action on the agent of a workspace. Repeated on the new container if the old one ended before the action was begun.
    /// </summary>
    /// <param name="target">Id or alias.</param>
    /// <exception cref="RequestException">container_not_found, or why the container cannot be started again.</exception>
    public async Task<T> UseAsync<T>(
        Caller caller, string target, Func<Workspace, AgentLink, Task<T>> action, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var workspace = await FindRunningAsync(caller, target, cancellationToken);
            try
            {
                return await action(workspace, agents.Get(workspace.DockerId!));
            }
            catch (RequestException e) when (e.Code == ErrorCode.WorkspaceLost && attempt < MaxAttempts)
            {
                // Only now it shows that the container has ended, and nothing of the action was begun.
            }
        }
    }

    /// <summary>The workspace as it is, and marks it as used.</summary>
    /// <exception cref="RequestException">container_not_found; it offers no kept files whose volume is gone.</exception>
    public async Task<Workspace> FindAsync(Caller caller, string target, CancellationToken cancellationToken)
    {
        if (workspaces.TryFind(caller, target) is null && workspaces.FindRemoving(caller, target) is null
            && workspaces.FindKept(caller, target) is { } kept
            && await pool.FindLeftAsync(kept.Volume, cancellationToken) is { Files: false } left)
            throw LostFiles.OfKept(target, kept, left);
        return workspaces.Find(caller, target);
    }

    /// <summary>The workspace, with its container running: resumed if need be.</summary>
    /// <exception cref="RequestException">container_not_found, or why the container cannot be started again.</exception>
    public async Task<Workspace> FindRunningAsync(Caller caller, string target, CancellationToken cancellationToken)
    {
        var found = await FindAsync(caller, target, cancellationToken);
        if (found.Status == ContainerStatus.Creating)
            throw new RequestException(
                ErrorCode.Conflict, $"The workspace {found.Id} is still being created.", "Wait for spawn to answer, then call again.",
                retryable: true);
        if (found.Status != ContainerStatus.Running || agents.TryGet(found.DockerId!) is null)
            found = await ResumeAsync(found, cancellationToken);
        workspaces.ReportChanges(found.Id);
        return found;
    }

    /// <summary>As <see cref="FindRunningAsync"/>, and more than a look at the row: its agent has answered.</summary>
    public Task<Workspace> FindAnsweringAsync(Caller caller, string target, CancellationToken cancellationToken) =>
        UseAsync(caller, target, async (found, link) =>
    {
        await agents.CheckAsync(link.DockerId, cancellationToken);
        return found;
    }, cancellationToken);

    /// <summary>Whether Docker runs its container now.</summary>
    public async Task<bool> IsUpAsync(Workspace workspace, CancellationToken cancellationToken) =>
        workspace.DockerId is { } dockerId
            && await containers.StateAsync(dockerId, cancellationToken) is "running" or "paused" or "restarting";

    /// <summary>Brings a workspace back; the caller's going away does not end it. Does nothing if its container runs.</summary>
    public async Task<Workspace> ResumeAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var resume = _underWay.GetOrAdd(workspace.Id, id => new Lazy<Task<Workspace>>(() => RunAsync(id)));
        CallDeadline.Current?.Extend(ResumeTimeout);
        var resumed = await resume.Value.WaitAsync(cancellationToken);
        // Of several calls that waited, each reports it.
        if (workspace.DockerId != resumed.DockerId)
            workspaces.ReportResumed(resumed.Id);
        return resumed;
    }

    /// <summary>Whether a resume runs now.</summary>
    public bool IsUnderWay(ContainerId id) => _underWay.ContainsKey(id);

    /// <summary>
    /// Resumes every persistent workspace that has stopped, a few at a time. One that cannot be resumed now waits for its next use.
    /// </summary>
    public Task ResumePersistentAsync(CancellationToken cancellationToken) => Parallel.ForEachAsync(
        workspaces.All.Where(workspace => workspace is { Persistent: true, Status: ContainerStatus.Stopped }),
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

    /// <summary>Undoes a resume that a crash interrupted: no container, and a row that matches.</summary>
    public async Task UndoAsync(ContainerId id)
    {
        using var _ = await keys.LockAsync(LockOf(id), CancellationToken.None);
        if (workspaces.Find(id) is not { Status: ContainerStatus.Resuming } workspace)
            return;
        await factory.RemoveContainerAsync(workspace, CancellationToken.None);
        workspaces.Replace(workspace with { Status = ContainerStatus.Stopped, DockerId = null });
    }

    private async Task<Workspace> RunAsync(ContainerId id)
    {
        try
        {
            using var _ = await keys.LockAsync(LockOf(id), CancellationToken.None);
            var workspace = workspaces.Find(id);
            if (workspace is null or { Status: ContainerStatus.Removing })
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
        if (workspace is not { Status: ContainerStatus.Running, DockerId: { } dockerId })
            return false;
        if (agents.TryGet(dockerId) is not null)
            return true;
        if (!await IsUpAsync(workspace, CancellationToken.None))
            return false;
        agents.Resume(dockerId, ownership.AgentSecret(workspace.Id));
        return true;
    }

    /// <summary>A stopped container that was started again past the server is used as it is.</summary>
    /// <returns>Null: there is none that answers.</returns>
    private async Task<Workspace?> TryReconnectAsync(Workspace workspace)
    {
        if (workspace is not { Status: ContainerStatus.Stopped, DockerId: { } dockerId }
            || !await IsUpAsync(workspace, CancellationToken.None))
            return null;
        agents.Resume(dockerId, ownership.AgentSecret(workspace.Id));
        return await AnswersAsync(dockerId) ? workspaces.Replace(workspace with { Status = ContainerStatus.Running }) : null;
    }

    private async Task<bool> AnswersAsync(string dockerId)
    {
        using var deadline = new CancellationTokenSource(ReconnectTimeout, time);
        try
        {
            await agents.CheckAsync(dockerId, deadline.Token);
            return true;
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            // It is made anew, which always works.
            return false;
        }
    }

    private async Task<Workspace> MeasuredAsync(Workspace workspace)
    {
        var (began, started) = (time.GetUtcNow(), time.GetTimestamp());
        string? error = null;
        try
        {
            workspaces.ForgetHomeLost(workspace.Id);
            var resumed = await TryReconnectAsync(workspace) ?? await RebuildAsync(workspace);
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
            await Resumed(workspace, began, duration, error);
        }
    }

    private async Task<Workspace> RebuildAsync(Workspace workspace)
    {
        if (drain.IsDraining)
            throw new RequestException(
                ErrorCode.Draining, "The server is shutting down, so the workspace's container is not started again now.",
                "Try again in a minute.", retryable: true);
        var hadHome = await RequireVolumeAsync(workspace);
        policy.Require(ImageReference.Parse(workspace.Image));
        var image = await images.FindAgainAsync(workspace, CancellationToken.None);
        workspace = workspaces.Replace(workspace with { Status = ContainerStatus.Resuming });
        try
        {
            await factory.RemoveContainerAsync(workspace, CancellationToken.None);
            workspace = workspaces.Replace(workspace with { DockerId = null, LeaseUntil = LeaseOf(workspace) });
            using var steps = new SpawnSteps(static (_, _) => { }, time);
            var built = await factory.BuildAsync(workspace, image, freshVolume: false, steps, _ => { }, CancellationToken.None);
            if (!hadHome)
                workspaces.NoteHomeLost(workspace.Id);
            return built;
        }
        catch (Exception e)
        {
            await TryUndoAsync(workspaces.Find(workspace.Id) ?? workspace, e);
            throw;
        }
    }

    /// <summary>Docker makes a volume that is missing without a word, and the workspace would come back empty.</summary>
    /// <returns>Whether its home directory is there too.</returns>
    private async Task<bool> RequireVolumeAsync(Workspace workspace)
    {
        var left = await pool.FindLeftAsync(workspace.VolumeName, CancellationToken.None);
        if (left.Files)
            return left.Home;
        throw LostFiles.OfWorkspace(workspace, left);
    }

    private DateTimeOffset? LeaseOf(Workspace workspace) =>
        workspace.LeaseUntil < time.GetUtcNow() + MinLease ? time.GetUtcNow() + MinLease : workspace.LeaseUntil;

    private async Task TryUndoAsync(Workspace workspace, Exception why)
    {
        try
        {
            await factory.RemoveContainerAsync(workspace, CancellationToken.None);
            workspaces.Replace(workspace with { Status = ContainerStatus.Stopped, DockerId = null });
        }
        catch (RequestException e)
        {
            // The row records that a resume has begun; the reconciler undoes it, or the next use begins again.
            LogUndoPostponed(logger, workspace.Id, why.Message, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Workspace resumed")]
    private static partial void LogResumed(ILogger logger, ContainerId containerId, double durationMs);

    [LoggerMessage(LogLevel.Warning, "Workspace could not be resumed in the background; its next use tries again")]
    private static partial void LogPostponed(ILogger logger, ContainerId containerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Warning, "A failed resume could not be undone and will be undone later")]
    private static partial void LogUndoPostponed(
        ILogger logger, ContainerId containerId, [Untrusted] string reason, [Untrusted] string undoReason);
}
