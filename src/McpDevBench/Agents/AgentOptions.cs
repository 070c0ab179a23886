namespace McpDevBench.Agents;

/// <summary>Which agent new workspaces get.</summary>
internal sealed record AgentOptions
{
    /// <summary>A file; null for the agent that is embedded in the server.</summary>
    public string? Binary { get; private init; }

    public static AgentOptions Read(Settings settings)
    {
        var binary = settings.OptionalText(
            "MCP_AGENT_BINARY",
            "The devbench-agent that new workspaces get in place of the built-in one, such as one for another architecture.");
        if (binary is not null && !File.Exists(binary))
            settings.Refuse($"MCP_AGENT_BINARY='{binary}' is not allowed: there is no such file.");
        return new AgentOptions { Binary = binary };
    }
}
