namespace McpDevBench.Audit;

/// <summary>How a call that cannot be recorded ends.</summary>
internal enum AuditFailure
{
    /// <summary>It fails.</summary>
    Deny,

    /// <summary>It continues, and the record is counted as dropped.</summary>
    Continue,
}

/// <summary>How much of a command line is recorded.</summary>
internal enum AuditCommands
{
    None,

    /// <summary>The program's name.</summary>
    Program,

    /// <summary>The whole command line, with secrets redacted.</summary>
    Full,
}

/// <summary>Settings of the audit log.</summary>
internal sealed record AuditOptions
{
    public bool Enabled { get; init; } = true;

    /// <summary>The file of JSON lines; null for the database alone.</summary>
    public string? File { get; init; }

    public AuditFailure OnFailure { get; init; } = AuditFailure.Deny;

    public AuditCommands Commands { get; init; } = AuditCommands.Program;

    /// <summary>Null for no limit.</summary>
    public TimeSpan? Retention { get; init; } = TimeSpan.FromDays(90);

    public static AuditOptions Read(Settings settings)
    {
        var defaults = new AuditOptions();
        return new AuditOptions
        {
            Enabled = settings.Flag(
                "MCP_AUDIT_ENABLED", defaults.Enabled, "Write an audit log, to audit.db beside the database."),
            File = settings.OptionalText(
                "MCP_AUDIT_LOG_FILE", "A file for the same records as JSON lines; it may be rotated at any time."),
            OnFailure = settings.Choice(
                "MCP_AUDIT_ON_FAILURE", defaults.OnFailure, _onFailure,
                "A change that cannot be recorded: deny fails it, continue lets it happen."),
            Commands = settings.Choice(
                "MCP_AUDIT_COMMANDS", defaults.Commands, _commands,
                "How much of a command is recorded: nothing, the program's name, or the whole line with secrets redacted."),
            Retention = settings.Number(
                "MCP_AUDIT_RETENTION_DAYS", 90, 0, 36_500, "Days until a record is removed from the database; 0 for never.")
                is > 0 and var days ? TimeSpan.FromDays(days) : null,
        };
    }

    /// <summary>Only for a server that is about to write: the check creates the file.</summary>
    public void CheckFile(Settings settings)
    {
        if (Enabled && File is not null && AuditFile.WhyNotWritable(File) is { } reason)
            settings.Refuse($"MCP_AUDIT_LOG_FILE={File} cannot be written: {reason}");
    }

    private static readonly Dictionary<string, AuditCommands> _commands =
        new() { ["none"] = AuditCommands.None, ["program"] = AuditCommands.Program, ["full"] = AuditCommands.Full };

    private static readonly Dictionary<string, AuditFailure> _onFailure =
        new() { ["deny"] = AuditFailure.Deny, ["continue"] = AuditFailure.Continue };
}
