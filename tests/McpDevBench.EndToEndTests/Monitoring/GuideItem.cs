namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>What the guide promises, by its kind.</summary>
internal enum GuideKind
{
    Variable,
    Address,
    File,
    Metric,
    Query,
    Condition,
    LogLevel,
    LogField,
    AuditEvent,
    AuditField,
    Alert,
    Channel,
    Objective,
}

/// <summary>One name or line that the guide gives, in the guide's order.</summary>
internal sealed record GuideItem(GuideKind Kind, string Name);
