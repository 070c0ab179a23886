namespace McpDevBench.Observability.Logs;

/// <summary>A log line, before it is formatted.</summary>
internal readonly record struct LogEntry(
    DateTimeOffset Timestamp, string Level, string Logger, string Message, string? Exception, LogFields Fields)
{
    public static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        _ => "CRITICAL",
    };
}
