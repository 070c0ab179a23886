using McpDevBench.Agents;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
using McpDevBench.Engine;
using McpDevBench.Execs;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Storage;

namespace McpDevBench;

/// <summary>
/// What goes on beside the calls: taking up what the last server left, keeping database and Docker in agreement, removing what has expired. A step that
/// fails is tried again; it never ends the server.
/// </summary>
internal sealed partial class Upkeep(
    WorkspaceOptions options, Database database, StateDisk stateDisk, DockerEngine engine, AgentDirectory agents, WorkspaceDirectory workspaces,
    WorkspaceRemoval removal, WorkspaceResumer resumer, VolumePool pool,
    WorkspaceService containers, ProcessorPlacement placement, UidAllocator uids, StarvedEnds ends,
    StateLease lease, IHostApplicationLifetime lifetime,
    Reconciler reconciler, Janitor janitor, ExecSupervisor execs, ExecStarter starter, ExecJanitor execJanitor, ExecStore execStore,
    SystemAudit audit, EngineChecks engineChecks,
    WorkspaceQuota quota, DiskWatch disk, EngineDisk engineDisk, MetricCatalogue metrics, HealthChecks checks, StatusReporter status, StartState start,
    TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2), AgentTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Why the server ended itself; null if it did not.</summary>
    public RequestException? Failure { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await audit.StartAsync();
        execs.FoundUnsettled = starter.Resume;
        execs.Recover();
        foreach (var active in execs.Active)
            ends.ExpectAtTimeout(active);
        metrics.BeforeCollect(Count);
        RegisterChecks();
        engineChecks.CheckSettings();
        start.Complete();
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // What another server has now is not ours to remove.
        if (Failure is null)
        {
            await TryAsync("empty", () => pool.EmptyAsync(cancellationToken));
            if (options.StopOnExit)
                await RemoveAllAsync(cancellationToken);
            await TryAsync("release", () => lease.ReleaseAsync(cancellationToken));
        }
        await audit.StopAsync();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(checks.WatchAsync(stoppingToken), SweepAsync(stoppingToken), RenewAsync(stoppingToken));

    /// <summary>Without the lease the server must do nothing more: another one has the workspaces.</summary>
    private async Task RenewAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(StateLease.RenewInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryAsync("lease", () => RequireLeaseAsync(stoppingToken));
    }

    private async Task RequireLeaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await lease.RenewAsync(cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.Conflict)
        {
            Failure = e;
            lifetime.StopApplication();
            throw;
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        var resuming = Task.CompletedTask;
        var connections = 0;
        // Until Docker has been seen, often; afterwards at leisure.
        while (!await ReconcileAsync())
            await Task.Delay(RetryInterval, time, stoppingToken);
        using var timer = new PeriodicTimer(options.CleanupInterval, time);
        do
        {
            if (options.CleanupEnabled && lease.IsHeld)
            {
                await TryAsync("collect", () => audit.SweepAsync(AuditEvents.SystemGc, () => janitor.RunAsync(dryRun: false, stoppingToken)));
                await TryAsync("forget", () => Task.FromResult(execJanitor.Run()));
            }
            await TryAsync("prune", audit.PruneAsync);
            await timer.WaitForNextTickAsync(stoppingToken);
        }
        while (await ReconcileAsync() || !stoppingToken.IsCancellationRequested);
        await resuming;

        async Task<bool> ReconcileAsync()
        {
            var done = await TryAsync(
                "reconcile", async () =>
                {
                    if (!lease.IsHeld)
                        await RequireLeaseAsync(stoppingToken);
                    await audit.SweepAsync(AuditEvents.SystemReconcile, () => reconciler.RunAsync(dryRun: false, stoppingToken));
                });
            if (done)
            {
                ResumePersistent();
                await TryAsync("count_user_ids", () => uids.CountAsync(stoppingToken));
            }
            return done;
        }

        // At start, and when the engine was gone in between: it may have been restarted, or the whole host.
        void ResumePersistent()
        {
            if (engine.Connections == connections || !resuming.IsCompleted)
                return;
            connections = engine.Connections;
            _ = TryAsync("check_engine", () => engineChecks.CheckEngineAsync(stoppingToken));
            resuming = TryAsync("resume", () => resumer.ResumePersistentAsync(stoppingToken));
        }
    }

    private async Task RemoveAllAsync(CancellationToken cancellationToken)
    {
        foreach (var workspace in workspaces.All.Where(workspace => !workspace.Persistent))
            await TryAsync("stop", async () =>
            {
                await removal.RemoveAsync(workspace, keepVolume: false, cancellationToken);
                await audit.RemovedAsync(workspace, "the server stops");
            });
    }

    private void Count()
    {
        containers.CountContainers();
        metrics.Containers.PinnedCounted(placement.Pinned);
        metrics.Agents.Counted(agents.Connected);
        metrics.Storage.LeaseHeld(lease.IsHeld);
    }

    private void RegisterChecks()
    {
        checks.Register("docker", neededToServe: true, async token =>
        {
            await engine.PingAsync(token);
            return new Health(true, "Docker answers.");
        });
        checks.Register("database", neededToServe: true, _ =>
        {
            database.Probe();
            return Task.FromResult(new Health(true, "The database takes writes."));
        });
        checks.Register("state_disk", neededToServe: true, _ => Task.FromResult(stateDisk.Describe()));
        checks.Register("reconciliation", neededToServe: true, _ => Task.FromResult(
            new Health(reconciler.HasRun, reconciler.Describe())));
        checks.Register("state_lease", neededToServe: false, _ => Task.FromResult(
            new Health(lease.IsHeld, lease.IsHeld ? "This server owns the state." : "The lease on the state has not been taken yet.")));
        checks.Register("agents", neededToServe: false, _ => AgentHealthAsync());
        checks.Register("docker_disk", neededToServe: true, _ => Task.FromResult(engineDisk.Describe()));
        checks.Register("disk", neededToServe: false, _ => Task.FromResult(disk.Describe()));
        status.RegisterUsage("containers", () => (WorkspaceCeiling.Used(workspaces.All).Count, options.MaxWorkspaces));
        status.RegisterUsage("memory_mb", () => (WorkspaceCeiling.Used(workspaces.All).MemoryMb, quota.Last?.MemoryMb));
        status.RegisterUsage("execs", () => (execStore.Running().Count(exec => !exec.Finished), null));
        status.RegisterUsage("background_execs", () => (execStore.Running().Count(exec => exec.Finished), null));
    }

    /// <summary>
    /// Asks the workspaces that should have a connection: before reconciliation, the server has not tried to connect to any. A connection
    /// alone says nothing: a paused container keeps it.
    /// </summary>
    private async Task<Health> AgentHealthAsync()
    {
        var running = workspaces.All.Where(workspace => workspace.Status == WorkspaceStatus.Running).ToList();
        var answers = await Task.WhenAll(
            running.Select(async workspace => workspace.Container is { } id && await agents.AnswersAsync(id, AgentTimeout)));
        var silent = answers.Count(answered => !answered);
        var sentence = $"{running.Count - silent} of {Plural.Of(running.Count, "running workspace")} "
            + $"{(running.Count == 1 ? "is" : "are")} connected.";
        return silent == 0
            ? new Health(true, sentence)
            : new Health(false, $"{sentence} {Plural.Of(silent, "workspace does", "workspaces do")} not answer: "
                + "docker ps --filter status=paused shows whether a container is paused.");
    }

    private async Task<bool> TryAsync(string step, Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (RequestException e)
        {
            LogPostponed(logger, step, e.Message);
            return false;
        }
        catch (Exception e)
        {
            LogFailed(logger, step, e);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A step of the upkeep could not be done and will be tried again")]
    private static partial void LogPostponed(ILogger logger, string step, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Error, "A step of the upkeep failed unexpectedly and will be tried again")]
    private static partial void LogFailed(ILogger logger, string step, Exception exception);
}
