namespace McpDevBench.Audit;

/// <summary>What becomes of a call that cannot be recorded.</summary>
internal enum AuditFailure
{
    /// <summary>It is refused.</summary>
    Deny,

    /// <summary>It goes on, and is counted.</summary>
    Continue,
}

/// <summary>How much of a command the record of its start holds.</summary>
internal enum AuditCommands
{
    None,

    /// <summary>The program's name.</summary>
    Program,

    /// <summary>The whole command line, with secrets redacted.</summary>
    Full,
}

/// <summary>What is recorded, where, and for how long.</summary>
internal sealed record AuditOptions
{
    public bool Enabled { get; init; } = true;

    /// <summary>The JSON lines; null for rows in the database alone.</summary>
    public string? File { get; init; }

    public AuditFailure OnFailure { get; init; } = AuditFailure.Deny;

    public AuditCommands Commands { get; init; } = AuditCommands.Program;

    /// <summary>Null for ever.</summary>
    public TimeSpan? Retention { get; init; } = TimeSpan.FromDays(90);

    public static AuditOptions Read(Settings settings)
    {
        var defaults = new AuditOptions();
        return new AuditOptions
        {
            Enabled = settings.Flag("MCP_AUDIT_ENABLED", defaults.Enabled, "Whether it is recorded who did what, in audit.db beside the database."),
            File = settings.OptionalText("MCP_AUDIT_LOG_FILE", "A file that gets the same records as JSON lines; it may be rotated at any time."),
            OnFailure = settings.Choice("MCP_AUDIT_ON_FAILURE", defaults.OnFailure, _onFailure, "What becomes of a change that cannot be recorded."),
            Commands = settings.Choice(
                "MCP_AUDIT_COMMANDS", defaults.Commands, _commands,
                "How much of a command its record holds: nothing, the program's name, or the whole line with secrets redacted."),
            Retention = settings.Number("MCP_AUDIT_RETENTION_DAYS", 90, 0, 36_500, "Days until a record is removed from the database; 0 for never.") is > 0 and var days ? TimeSpan.FromDays(days) : null,
        };
    }

    /// <summary>Only for a server that is about to write: asking makes the file.</summary>
    public void CheckFile(Settings settings)
    {
        if (Enabled && File is not null && AuditFile.WhyNotWritable(File) is { } reason)
            settings.Refuse($"MCP_AUDIT_LOG_FILE={File} cannot be written: {reason}");
    }

    private static readonly Dictionary<string, AuditCommands> _commands =
        new() { ["none"] = AuditCommands.None, ["program"] = AuditCommands.Program, ["full"] = AuditCommands.Full };

    private static readonly Dictionary<string, AuditFailure> _onFailure = new() { ["deny"] = AuditFailure.Deny, ["continue"] = AuditFailure.Continue };
}
