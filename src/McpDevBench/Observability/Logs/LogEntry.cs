namespace McpDevBench.Observability.Logs;

/// <summary>What one line says, before it has a shape.</summary>
internal readonly record struct LogEntry(DateTimeOffset Timestamp, string Level, string Logger, string Message, string? Exception, LogFields Fields)
{
    public const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public const int TimestampLength = 24;

    public static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        _ => "CRITICAL",
    };
}
