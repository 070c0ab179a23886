namespace McpDevBench.Observability.Logs;

/// <summary>Settings of the log. Log lines go to standard error: standard output belongs to the stdio transport.</summary>
internal sealed record LogOptions
{
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>One JSON object a line, or words for a person.</summary>
    public bool Json { get; init; } = true;

    /// <summary>Where lines go besides; null for nowhere.</summary>
    public LogFileOptions? File { get; init; }

    public static LogOptions Read(Settings settings)
    {
        var defaults = new LogOptions();
        return new()
        {
            Level = settings.Choice("MCP_LOG_LEVEL", defaults.Level, _levels, "The least important lines that are logged."),
            Json = settings.Choice("MCP_LOG_FORMAT", defaults.Json, _formats, "The shape of a log line."),
            File = LogFileOptions.Read(settings),
        };
    }

    /// <summary>Checks the file before anything is started.</summary>
    public void CheckFile(Settings settings)
    {
        if (File is not null && LogFile.WhyNot(File) is { } reason)
            settings.Refuse(
                $"MCP_LOG_FILE='{File.Path}' cannot be written ({reason}): use a path in a folder that the server may write to.");
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

/// <summary>The log file, and when it makes room for the next one.</summary>
/// <param name="MaxBytes">0 for any number.</param>
/// <param name="MaxAge">Zero for any.</param>
/// <param name="Keep">How many of those before it are kept.</param>
internal sealed record LogFileOptions(string Path, long MaxBytes, TimeSpan MaxAge, int Keep)
{
    public string Folder => System.IO.Path.GetDirectoryName(Path) ?? "/";

    public bool IsRotated => MaxBytes > 0 || MaxAge > TimeSpan.Zero;

    public static LogFileOptions? Read(Settings settings)
    {
        var path = settings.OptionalText("MCP_LOG_FILE", "A file that log lines go to as well as to standard error.");
        var megabytes = settings.Number(
            "MCP_LOG_FILE_MAX_MB", 100, 0, 1 << 20,
            "MiB after which the log file becomes MCP_LOG_FILE.1 and a new one begins; 0 for no limit.");
        var hours = settings.Number("MCP_LOG_FILE_MAX_AGE_H", 24, 0, 24 * 3650, "Hours after which the same happens; 0 for never.");
        var keep = settings.Number("MCP_LOG_FILE_KEEP", 7, 0, 1000, "How many log files before the current one are kept.");
        return path is null ? null : new(System.IO.Path.GetFullPath(path), (long)megabytes << 20, TimeSpan.FromHours(hours), keep);
    }
}
