using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Calls;

/// <summary>The audit record of a call. A call starts only if it can be recorded; it is recorded once, before its answer is sent.</summary>
/// <param name="name">Of the tool or method, for a denial.</param>
/// <param name="mayGoUnrecorded">It changes nothing, or ends something.</param>
internal sealed class CallRecord(AuditLog audit, TimeProvider time, string name, string? auditEvent, bool mayGoUnrecorded)
{
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();
    private Queue<AuditEntry>? _successes;
    private bool _isSettled;

    /// <summary>The audit event, where only the call finds out which one it is.</summary>
    public string? Event { get; set; } = auditEvent;

    /// <summary>Before anything is done.</summary>
    /// <exception cref="RequestException">resource_exhausted: it could not be recorded.</exception>
    public async Task RequireAsync()
    {
        if (Event is null || mayGoUnrecorded)
            return;
        try
        {
            await audit.RequireAsync();
        }
        catch (RequestException)
        {
            // Not run: the audit log is down, so this denial cannot be recorded either.
            _isSettled = true;
            throw;
        }
    }

    /// <exception cref="RequestException">resource_exhausted: it was done, but could not be recorded.</exception>
    public async Task SucceededAsync()
    {
        if (Event is null || _isSettled)
            return;
        _successes ??= new(Entries(Event, AuditResults.Success, null));
        while (_successes.TryPeek(out var entry))
        {
            await (mayGoUnrecorded ? audit.TryRecordAsync(entry) : audit.RecordAsync(entry));
            _successes.Dequeue();
        }
        _isSettled = true;
    }

    /// <summary>
    /// A call that failed stays failed, whether it is recorded or not. If it succeeded and its record failed, the record of the success is
    /// tried again.
    /// </summary>
    /// <param name="errorType">The name of an <see cref="ErrorCode"/>, or how else it ended.</param>
    /// <param name="failure">The exception that ended it, if there was one.</param>
    public async Task FailedAsync(string errorType, Exception? failure = null)
    {
        var denial = AccessMetrics.IsQuota((failure as RequestException)?.Rule) ? AuditEvents.QuotaDenied : DenialOf(errorType);
        if (Event is not null && !_isSettled)
        {
            _isSettled = true;
            var denied = denial is not null || errorType == ErrorCode.Unauthenticated.Name();
            foreach (var entry in _successes ?? Entries(Event, denied ? AuditResults.Denied : AuditResults.Failure, errorType))
                await audit.TryRecordAsync(entry);
        }
        if (denial is not null)
            await audit.TryRecordAsync(Entry(denial, AuditResults.Denied, errorType) with { Target = name, DurationMs = null });
    }

    /// <summary>The event of a call that policy denied; null for any other error.</summary>
    private static string? DenialOf(string errorType) => errorType switch
    {
        "image_not_allowed" or "forbidden" or "path_denied" => AuditEvents.PolicyDenied,
        "concurrent_limit" => AuditEvents.QuotaDenied,
        _ => null,
    };

    /// <summary>An entry for each workspace of the call.</summary>
    private IEnumerable<AuditEntry> Entries(string eventType, string result, string? errorType)
    {
        var entry = Entry(eventType, result, errorType);
        return CallFacts.Current?.SourceId is { } source && source != entry.ContainerId
            ? [entry, entry with { ContainerId = source }]
            : [entry];
    }

    private AuditEntry Entry(string eventType, string result, string? errorType) => AuditEntry.Of(eventType, _began, result) with
    {
        ErrorCode = errorType,
        DurationMs = (long)Math.Round(time.GetElapsedTime(_started).TotalMilliseconds),
    };
}
