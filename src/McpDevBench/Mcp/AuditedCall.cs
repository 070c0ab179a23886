using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>One call and its audit record: it is begun only if it can be recorded, and recorded once, before its answer is given.</summary>
/// <param name="name">Of the tool or method, for what is refused.</param>
/// <param name="mayGoUnrecorded">It changes nothing, or ends something.</param>
internal sealed class AuditedCall(AuditLog audit, TimeProvider time, string name, string? auditEvent, bool mayGoUnrecorded)
{
    private const string Item = "devbench.audit";

    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();
    private Queue<AuditEntry>? _successes;
    private bool _isSettled;

    public static AuditedCall Begin(AuditLog audit, TimeProvider time, RequestContext<CallToolRequestParams> request, string name)
    {
        var about = (request.MatchedPrimitive as DevBenchTool)?.About;
        var call = new AuditedCall(audit, time, name, about?.AuditEvent, about is null or { ReadOnly: true } or { Ends: true });
        request.Items[Item] = call;
        return call;
    }

    public static AuditedCall? Of(RequestContext<CallToolRequestParams> request) => request.Items.TryGetValue(Item, out var call) ? (AuditedCall?)call : null;

    /// <summary>The event, where only the call itself finds out which one it is.</summary>
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
            // Nothing is done, and nobody is to write down that nothing can be written down.
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

    /// <summary>A call that is refused or has failed stays so, whether it is recorded or not. What was done before its record was refused is tried to be recorded once more, as done.</summary>
    /// <param name="errorType">The name of a <see cref="ErrorCode"/>, or how else it ended.</param>
    /// <param name="failure">The exception that ended it, if there was one.</param>
    public async Task FailedAsync(string errorType, Exception? failure = null)
    {
        var denial = AccessMetrics.IsShare((failure as RequestException)?.Rule) ? AuditEvents.QuotaDenied : DenialOf(errorType);
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

    /// <summary>By what a call was refused on principle.</summary>
    private static string? DenialOf(string errorType) => errorType switch
    {
        "image_not_allowed" or "forbidden" or "path_denied" => AuditEvents.PolicyDenied,
        "concurrent_limit" => AuditEvents.QuotaDenied,
        _ => null,
    };

    /// <summary>One for each workspace that the call is about.</summary>
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
