using McpDevBench.Audit;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Records the end of each exec.</summary>
internal sealed class ExecAudit(AuditLog audit, WorkspaceDirectory workspaces)
{
    /// <param name="isRecovered">The exec was started by an earlier server, which may have recorded its end.</param>
    /// <exception cref="RequestException">It could not be recorded, and must be tried again.</exception>
    public Task FinishedAsync(Exec exec, bool isRecovered)
    {
        if (isRecovered && audit.HasRecord(new AuditFilter { EventType = AuditEvents.ExecFinish, ExecId = exec.Id.ToString() }))
            return Task.CompletedTask;
        var outcome = exec.Outcome!.Value.Name();
        var succeeded = exec is { Outcome: ExecOutcome.Exited, ExitCode: 0 };
        // The facts of the call that started it, if this server served that, have flowed here.
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
}
