using McpDevBench.Agents;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
using McpDevBench.Execs;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;

namespace McpDevBench;

/// <summary>What happens beside the calls, for the audit record: commands end, workspaces expire, the server starts, stops and tidies up.</summary>
internal sealed class SystemAudit(
    AuditLog audit, AgentDirectory agents, ExecSupervisor execs, ExpiredWorkspaces expired, WorkspaceResumer resumer, DiskEnforcer disk,
    WorkspaceDirectory workspaces, HealthChecks checks, TimeProvider time)
{
    /// <summary>Hears of what happens. Before anything can.</summary>
    public async Task StartAsync()
    {
        execs.Finished = ExecFinishedAsync;
        agents.ProtocolBroken += AgentDenied;
        expired.Removed += RemovedAsync;
        resumer.Resumed += ResumedAsync;
        disk.Stopped += DiskStoppedAsync;
        checks.Register("audit", audit.IsNeeded, _ => audit.CheckAsync());
        await audit.TryRecordAsync(Own(AuditEvents.SystemStart, BuildInfo.Version));
    }

    public Task StopAsync() => audit.TryRecordAsync(Own(AuditEvents.SystemStop, BuildInfo.Version));

    /// <summary>A sweep that runs by itself is recorded if it did something.</summary>
    public async Task SweepAsync(string eventType, Func<Task<Sweep>> sweep)
    {
        var (began, started) = (time.GetUtcNow(), time.GetTimestamp());
        var done = (await sweep()).Actions.Where(action => action.Kind is not ("left_alone" or "postponed")).CountBy(action => action.Kind).ToList();
        if (done.Count > 0)
            await audit.TryRecordAsync(Own(eventType, string.Join(' ', done.Select(kind => $"{kind.Key}={kind.Value}"))) with { Timestamp = began, DurationMs = (long)time.GetElapsedTime(started).TotalMilliseconds });
    }

    /// <summary>Removes records whose time is over, which is recorded too.</summary>
    public async Task PruneAsync()
    {
        if (audit.Prune() is > 0 and var removed)
            await audit.TryRecordAsync(Own(AuditEvents.SystemGc, $"audit_records_removed={removed}"));
    }

    /// <summary>A workspace was removed, and nobody asked for it.</summary>
    public Task RemovedAsync(Workspace workspace, string reason) =>
        audit.TryRecordAsync(Own(AuditEvents.ContainerKill, reason) with { ContainerId = workspace.Id.ToString(), Image = workspace.Image });

    /// <summary>A workspace's container was made anew, or could not be: for a call, or in the background.</summary>
    private Task ResumedAsync(Workspace workspace, DateTimeOffset began, TimeSpan duration, string? error) =>
        audit.TryRecordAsync(
            AuditEntry.Of(AuditEvents.ContainerResume, began, error is null ? AuditResults.Success : AuditResults.Failure) with
        {
            ContainerId = workspace.Id.ToString(),
            ExecId = null,
            Image = workspace.Image,
            Target = workspace.Alias,
            ErrorCode = error,
            DurationMs = (long)duration.TotalMilliseconds,
        });

    private Task ExecFinishedAsync(Exec exec, bool perhapsAgain)
    {
        // The last server may have come as far as this.
        if (perhapsAgain && audit.HasRecord(new AuditFilter { EventType = AuditEvents.ExecFinish, ExecId = exec.Id.ToString() }))
            return Task.CompletedTask;
        var outcome = ExecStore.OutcomeName(exec.Outcome!.Value);
        var succeeded = exec is { Outcome: ExecOutcome.Exited, ExitCode: 0 };
        // What is known of the call that started it has flowed here with it, if that was a call to this server.
        var entry = AuditEntry.Of(AuditEvents.ExecFinish, exec.EndedAt!.Value, succeeded ? AuditResults.Success : AuditResults.Failure);
        return audit.RecordAsync(entry with
        {
            Principal = exec.Owner,
            ContainerId = exec.ContainerId.ToString(),
            ExecId = exec.Id.ToString(),
            Image = entry.Image ?? workspaces.Find(exec.ContainerId)?.Image,
            Target = outcome,
            ErrorCode = succeeded ? null : outcome,
            DurationMs = exec.Usage!.WallMs,
        });
    }

    /// <summary>An agent has broken the protocol: it may have been replaced by what runs in its workspace.</summary>
    private void AgentDenied(ContainerId container, string reason)
    {
        var workspace = workspaces.FindByContainer(container);
        _ = audit.TryRecordAsync(Own(AuditEvents.AgentDenied, reason) with
        {
            ContainerId = workspace?.Id.ToString(),
            Image = workspace?.Image,
            Result = AuditResults.Denied,
        });
    }

    /// <summary>Commands of a workspace were stopped for their use of the disk.</summary>
    private Task DiskStoppedAsync(Workspace workspace, string sentence) =>
        audit.TryRecordAsync(Own(AuditEvents.QuotaEnforced, sentence) with
        {
            Principal = workspace.Owner,
            ContainerId = workspace.Id.ToString(),
            Image = workspace.Image,
            Result = AuditResults.Denied,
        });

    private AuditEntry Own(string eventType, string target) => new()
    {
        Timestamp = time.GetUtcNow(),
        EventType = eventType,
        Principal = AuditEntry.Server,
        Target = target,
        Result = AuditResults.Success,
        CorrelationId = CorrelationId.Current,
    };
}
