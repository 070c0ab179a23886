using McpDevBench.Agents;
using McpDevBench.Audit;

namespace McpDevBench.Workspaces;

/// <summary>
/// Records what happens to workspaces beside the calls: sweeps, removals, resumes, stops for the disk, agents that broke the protocol.
/// </summary>
internal sealed class WorkspaceAudit
{
    private readonly AuditLog _audit;
    private readonly WorkspaceDirectory _workspaces;
    private readonly TimeProvider _time;

    public WorkspaceAudit(
        AuditLog audit, AgentDirectory agents, ExpiredWorkspaces expired, WorkspaceResumer resumer, DiskEnforcer disk,
        WorkspaceDirectory workspaces, TimeProvider time)
    {
        (_audit, _workspaces, _time) = (audit, workspaces, time);
        agents.ProtocolBroken += AgentDenied;
        expired.Removed += RemovedAsync;
        resumer.Resumed += ResumedAsync;
        disk.Stopped += DiskStoppedAsync;
    }

    /// <summary>Runs a sweep, and records it if it changed something.</summary>
    public async Task SweepAsync(string eventType, Func<Task<Sweep>> sweep)
    {
        var (began, started) = (_time.GetUtcNow(), _time.GetTimestamp());
        var done = (await sweep()).Actions.Where(action => action.Kind is not ("left_alone" or "postponed"))
            .CountBy(action => action.Kind).ToList();
        if (done.Count == 0)
            return;
        var target = string.Join(' ', done.Select(kind => $"{kind.Key}={kind.Value}"));
        await _audit.TryRecordAsync(
            AuditEntry.OfServer(eventType, target, began) with { DurationMs = (long)_time.GetElapsedTime(started).TotalMilliseconds });
    }

    /// <summary>The server removed a workspace without a call for it.</summary>
    public Task RemovedAsync(Workspace workspace, string reason) => _audit.TryRecordAsync(
        Of(AuditEvents.ContainerKill, reason) with { ContainerId = workspace.Id.ToString(), Image = workspace.Image });

    private Task ResumedAsync(Workspace workspace, DateTimeOffset began, TimeSpan duration, string? error) =>
        _audit.TryRecordAsync(
            AuditEntry.Of(AuditEvents.ContainerResume, began, error is null ? AuditResults.Success : AuditResults.Failure) with
            {
                ContainerId = workspace.Id.ToString(),
                ExecId = null,
                Image = workspace.Image,
                Target = workspace.Alias,
                ErrorCode = error,
                DurationMs = (long)duration.TotalMilliseconds,
            });

    /// <summary>Such an agent may have been replaced by a program of its workspace.</summary>
    private void AgentDenied(ContainerId container, string reason)
    {
        var workspace = _workspaces.FindByContainer(container);
        _ = _audit.TryRecordAsync(Of(AuditEvents.AgentDenied, reason) with
        {
            ContainerId = workspace?.Id.ToString(),
            Image = workspace?.Image,
            Result = AuditResults.Denied,
        });
    }

    private Task DiskStoppedAsync(Workspace workspace, string sentence) =>
        _audit.TryRecordAsync(Of(AuditEvents.QuotaEnforced, sentence) with
        {
            Principal = workspace.Owner,
            ContainerId = workspace.Id.ToString(),
            Image = workspace.Image,
            Result = AuditResults.Denied,
        });

    private AuditEntry Of(string eventType, string target) => AuditEntry.OfServer(eventType, target, _time.GetUtcNow());
}
