using McpDevBench.Audit;

namespace McpDevBench.Calls;

/// <summary>Records a request that was rejected for its headers, before it was a call.</summary>
internal sealed class HostDenials(AuditLog audit, TimeProvider time)
{
    /// <param name="header">The header's name and value.</param>
    public Task RecordAsync(string header) => audit.TryRecordAsync(
        AuditEntry.Of(AuditEvents.AuthDenied, time.GetUtcNow(), AuditResults.Denied) with
        {
            Principal = AuditEntry.Anonymous,
            Target = header,
            ErrorCode = ErrorCode.Forbidden.Name(),
        });
}
