namespace McpDevBench.Storage;

/// <summary>Where the server keeps what must outlive it.</summary>
internal sealed record StorageOptions
{
    /// <summary>The database file. Beside it: the key, and the folder with the output of execs.</summary>
    public required string StateDatabase { get; init; }

    /// <summary>Room on the state's disk that is kept for kill, cancel and audit, in bytes.</summary>
    public long ReserveBytes { get; init; } = 16 << 20;

    public string Folder => Path.GetDirectoryName(Path.GetFullPath(StateDatabase))!;

    /// <param name="isStdio">A client starts the server in a folder of its own, such as a project: state does not belong there.</param>
    public static StorageOptions Read(Settings settings, bool isStdio = false)
    {
        var given = settings.OptionalText("MCP_STATE_DB",
            "The database file; the key and the output of execs are kept in the same folder. Default: ./state.db; "
                + "over stdio mcp-devbench/state.db in the user's state directory (XDG_STATE_HOME or ~/.local/state).");
        if (given is null && isStdio && UserStateDirectory() is null)
            settings.Refuse("MCP_STATE_DB is needed: this user has no home directory for the server's state.");
        var ofUser = isStdio && UserStateDirectory() is { } directory ? Path.Combine(directory, "mcp-devbench", "state.db") : null;
        var path = given ?? ofUser ?? "./state.db";
        // The predecessor's documentation called it so; only the form that it showed is understood.
        if (settings.OptionalText("MCP_DATABASE_URL", "An older name of MCP_STATE_DB: sqlite:///path.") is { } url)
        {
            if (url.StartsWith("sqlite:///", StringComparison.Ordinal))
                path = url["sqlite:///".Length..];
            else
                settings.Refuse($"MCP_DATABASE_URL='{url}' is not allowed: use sqlite:///path, or MCP_STATE_DB.");
        }
        var reserve = settings.Number(
            "MCP_STATE_RESERVE_MB", 16, 1, 65536,
            "MiB kept free beside the database for kill, exec_cancel and the audit log: with less, new work is rejected. "
                    + "At most a sixteenth of the disk.");
        return new StorageOptions { StateDatabase = path, ReserveBytes = (long)reserve << 20 };
    }

    /// <summary>
    /// By the XDG Base Directory Specification, which asks to ignore a relative XDG_STATE_HOME. Null without a home directory.
    /// </summary>
    private static string? UserStateDirectory()
    {
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { } given && Path.IsPathRooted(given))
            return given;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length == 0 ? null : Path.Combine(home, ".local", "state");
    }
}
