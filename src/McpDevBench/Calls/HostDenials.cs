using McpDevBench.Audit;

namespace McpDevBench.Calls;

/// <summary>Records requests that are rejected for their headers, before dispatch.</summary>
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
