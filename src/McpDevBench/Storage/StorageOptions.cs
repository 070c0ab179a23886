namespace McpDevBench.Storage;

/// <summary>Where the server keeps what must outlive it.</summary>
internal sealed record StorageOptions
{
    /// <summary>The database file. Beside it: the key, and the folder with the output of execs.</summary>
    public required string StateDatabase { get; init; }

    public string Folder => Path.GetDirectoryName(Path.GetFullPath(StateDatabase))!;

    public static StorageOptions Read(Settings settings)
    {
        var path = settings.Text("MCP_STATE_DB", "./state.db", "The database file; the key and the output of execs are kept in the same folder.");
        // The predecessor's documentation called it so; only the form that it showed is understood.
        if (settings.OptionalText("MCP_DATABASE_URL", "An older name of MCP_STATE_DB: sqlite:///path.") is { } url)
        {
            if (url.StartsWith("sqlite:///", StringComparison.Ordinal))
                path = url["sqlite:///".Length..];
            else
                settings.Refuse($"MCP_DATABASE_URL='{url}' is not allowed: use sqlite:///path, or MCP_STATE_DB.");
        }
        return new StorageOptions { StateDatabase = path };
    }
}
