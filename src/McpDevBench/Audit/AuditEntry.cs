using McpDevBench.Observability;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Audit;

/// <summary>An event, before it has a place in the chain. It never holds a whole argument, or content.</summary>
internal sealed record AuditEntry
{
    /// <summary>The principal of events that the server causes itself.</summary>
    public const string Server = "system";

    /// <summary>The principal of a request that was rejected before authentication.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>When it began.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>One of <see cref="AuditEvents"/>.</summary>
    public required string EventType { get; init; }

    public required string Principal { get; init; }
    public string? ClientName { get; init; }
    public string? SessionId { get; init; }
    public string? ContainerId { get; init; }
    public string? ExecId { get; init; }
    public string? Image { get; init; }

    /// <summary>What it was about: a path, a program's name, a signal, a reason.</summary>
    public string? Target { get; init; }

    /// <summary>One of <see cref="AuditResults"/>.</summary>
    public required string Result { get; init; }

    public string? ErrorCode { get; init; }
    public long? DurationMs { get; init; }
    public string? CorrelationId { get; init; }
    public string? TraceId { get; init; }

    /// <summary>An entry with the facts of the current call; outside of a call, an entry of the server.</summary>
    public static AuditEntry Of(string eventType, DateTimeOffset timestamp, string result)
    {
        var facts = CallFacts.Current;
        return new AuditEntry
        {
            Timestamp = timestamp,
            EventType = eventType,
            Principal = facts?.Principal ?? Server,
            ClientName = facts?.ClientName,
            SessionId = facts?.SessionId,
            ContainerId = facts?.ContainerId,
            ExecId = facts?.ExecId,
            Image = facts?.Image,
            Target = facts?.Target,
            Result = result,
            CorrelationId = Observability.CorrelationId.Current,
            TraceId = Spans.TraceId,
        };
    }

    /// <summary>An entry of what the server does by itself.</summary>
    public static AuditEntry OfServer(string eventType, string target, DateTimeOffset timestamp) => new()
    {
        Timestamp = timestamp,
        EventType = eventType,
        Principal = Server,
        Target = target,
        Result = AuditResults.Success,
        CorrelationId = Observability.CorrelationId.Current,
    };

    /// <summary>
    /// A copy to store: texts cut to their maximum and redacted, and without what SQLite would change.
    /// </summary>
    public AuditEntry Cleaned() => this with
    {
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(Timestamp.ToUnixTimeMilliseconds()),
        Principal = AuditText.Clean(Principal, 256)!,
        ClientName = AuditText.Clean(ClientName, 256),
        SessionId = AuditText.Clean(SessionId, 256),
        ContainerId = AuditText.Clean(ContainerId, 128),
        ExecId = AuditText.Clean(ExecId, 128),
        Image = AuditText.Clean(Image, 512),
        Target = AuditText.Clean(Target, 4096),
    };
}

/// <summary>An entry in its place.</summary>
/// <param name="PrevHash">The hash of the record before it.</param>
/// <param name="Hash">Over <paramref name="PrevHash"/>, the number and the entry.</param>
internal sealed record AuditRecord(long Seq, AuditEntry Entry, byte[] PrevHash, byte[] Hash);
