namespace McpDevBench.Mcp;

/// <summary>Which tools the operator offers. What is not offered is neither listed nor callable.</summary>
internal sealed record ToolSelection(IReadOnlyList<string> Allow, IReadOnlyList<string> Deny, bool ReadOnly)
{
    public static ToolSelection All { get; } = new([], [], false);

    public static ToolSelection Read(Settings settings)
    {
        var selection = new ToolSelection(
            settings.List("MCP_TOOLS_ALLOW", "", "Only these tools are offered, such as exec,fs_*; empty means all."),
            settings.List("MCP_TOOLS_DENY", "", "These tools are not offered, such as kill,fs_*; wins over MCP_TOOLS_ALLOW."),
            settings.Flag("MCP_READ_ONLY", false, "true: only tools that change nothing are offered."));
        CheckNames(settings, "MCP_TOOLS_ALLOW", selection.Allow);
        CheckNames(settings, "MCP_TOOLS_DENY", selection.Deny);
        return selection;
    }

    public bool Offers(ToolFacts tool) =>
        (Allow.Count == 0 || MatchesAny(Allow, tool.Name)) && !MatchesAny(Deny, tool.Name) && (tool.ReadOnly || !ReadOnly);

    private static bool MatchesAny(IReadOnlyList<string> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == name)
                return true;
        }
        return false;
    }

    private static void CheckNames(Settings settings, string variable, IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            if (ToolCatalogue.All.Any(tool => MatchesAny([pattern], tool.Name)))
                continue;
            var nearest = Nearest.To(pattern, ToolCatalogue.All.Select(tool => tool.Name));
            settings.Refuse($"{variable} has '{pattern}', which is no tool: {(nearest is null ? "use names of tools, or a prefix and *" : $"did you mean {nearest}")}.");
        }
    }
}
