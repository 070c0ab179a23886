namespace McpDevBench.Observability.Logs;

/// <summary>What is logged, and in which shape. Log lines always go to standard error: standard output belongs to the stdio transport.</summary>
internal sealed record LogOptions
{
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>One JSON object a line, or words for a person.</summary>
    public bool Json { get; init; } = true;

    public static LogOptions Read(Settings settings)
    {
        var defaults = new LogOptions();
        return new()
        {
            Level = settings.Choice("MCP_LOG_LEVEL", defaults.Level, _levels, "The least important lines that are logged."),
            Json = settings.Choice("MCP_LOG_FORMAT", defaults.Json, _formats, "The shape of a log line."),
        };
    }

    private static readonly Dictionary<string, LogLevel> _levels = new()
    {
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARNING"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,
        ["CRITICAL"] = LogLevel.Critical,
    };

    private static readonly Dictionary<string, bool> _formats = new() { ["json"] = true, ["text"] = false };
}
