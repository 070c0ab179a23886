namespace McpDevBench.Execs;

/// <summary>What commands may do, and how long what they printed is kept.</summary>
internal sealed record ExecOptions
{
    /// <summary>At once in one workspace.</summary>
    public required int MaxConcurrent { get; init; }

    public required TimeSpan DefaultTimeout { get; init; }
    public required TimeSpan MaxTimeout { get; init; }

    /// <summary>For commands of exec_start without timeout_s; null: no limit.</summary>
    public TimeSpan? DefaultStartTimeout { get; init; }

    /// <summary>Output stays readable for so long after the end.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Output kept of one command, in bytes on disk: one half from its beginning, one from its end.</summary>
    public required long MaxOutputBytes { get; init; }

    /// <summary>Output kept of the ended commands of one workspace, in bytes.</summary>
    public required long MaxWorkspaceOutputBytes { get; init; }

    /// <summary>Output kept of all ended commands, in bytes.</summary>
    public required long MaxTotalOutputBytes { get; init; }

    /// <summary>How long exec_start waits for a slot; exec waits up to its wait_ms.</summary>
    public TimeSpan StartQueueTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between TERM and KILL when the time is up.</summary>
    public TimeSpan TimeoutGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a background child may hold the output open after the command has ended.</summary>
    public TimeSpan DrainWindow { get; init; } = TimeSpan.FromMilliseconds(500);

    public static ExecOptions Read(Settings settings)
    {
        var maxTimeout = settings.Number(
            "MCP_MAX_EXEC_TIMEOUT", 86400, 1, 30 * 86400,
            "The largest timeout_s, in seconds. If it is set, commands of exec_start end after it too.");
        var timeout = settings.Number(
            "MCP_DEFAULT_EXEC_TIMEOUT", Math.Min(600, maxTimeout), 1, 30 * 86400,
            "Seconds until a command of exec without timeout_s is ended.");
        if (timeout > maxTimeout)
            settings.Refuse($"MCP_DEFAULT_EXEC_TIMEOUT={timeout} is not allowed: use at most MCP_MAX_EXEC_TIMEOUT ({maxTimeout}).");
        return new ExecOptions
        {
            MaxConcurrent = settings.Number(
                "MCP_MAX_CONCURRENT_EXECS", 8, 1, 48,
                "Commands that may run at once in a workspace; more calls wait in a queue, within wait_ms."),
            DefaultTimeout = TimeSpan.FromSeconds(timeout),
            MaxTimeout = TimeSpan.FromSeconds(maxTimeout),
            DefaultStartTimeout = settings.IsGiven("MCP_MAX_EXEC_TIMEOUT") ? TimeSpan.FromSeconds(maxTimeout) : null,
            Retention = TimeSpan.FromSeconds(
                settings.Number(
                    "MCP_EXEC_RETENTION_S", 3600, 1, 365 * 86400, "Seconds that output stays readable after a command has ended.")),
            MaxOutputBytes = (long)settings.Number(
                "MCP_EXEC_OUTPUT_LIMIT_MB", 64, 1, 65536,
                "MiB of output kept of a command: head and tail; the middle is dropped and counted.") << 20,
            MaxWorkspaceOutputBytes = (long)settings.Number(
                "MCP_WORKSPACE_OUTPUT_MB", 1024, 1, 1 << 20,
                "MiB of output kept of a workspace's ended commands; the oldest is removed first. "
                        + "With more from others, no command starts.") << 20,
            MaxTotalOutputBytes = (long)settings.Number(
                "MCP_TOTAL_OUTPUT_MB", 8192, 1, 1 << 24, "MiB of output kept of all ended commands; the oldest is removed first.") << 20,
        };
    }
}
