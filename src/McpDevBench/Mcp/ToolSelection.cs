using System.Collections.Frozen;

namespace McpDevBench.Mcp;

/// <summary>Which tools the operator offers. A tool that is not offered is neither listed nor callable.</summary>
internal sealed record ToolSelection(
    IReadOnlyCollection<Toolset> Toolsets, IReadOnlyList<string> Allow, IReadOnlyList<string> Deny, bool ReadOnly)
{
    private const string ToolsetsName = "MCP_TOOLSETS",
        AllowName = "MCP_TOOLS_ALLOW",
        DenyName = "MCP_TOOLS_DENY",
        ReadOnlyName = "MCP_READ_ONLY";

    private static readonly FrozenDictionary<string, Toolset> _toolsets =
        Enum.GetValues<Toolset>().ToFrozenDictionary(toolset => Words.Snake(toolset));
    private static readonly Toolset[] _default = [Toolset.Workspace, Toolset.Exec, Toolset.Files];

    public static ToolSelection Default { get; } = new(_default, [], [], false);

    /// <summary>The names that <c>MCP_TOOLSETS</c> may have.</summary>
    public static string ToolsetNames { get; } = string.Join(", ", Enum.GetValues<Toolset>().Select(toolset => Words.Snake(toolset)));

    public static ToolSelection Read(Settings settings)
    {
        var selection = new ToolSelection(
            ReadToolsets(settings),
            settings.List(AllowName, "", "Only these tools of the toolsets are offered, such as exec,fs_*; empty means all."),
            settings.List(DenyName, "", "These tools are not offered, such as kill,fs_*; wins over MCP_TOOLS_ALLOW."),
            settings.Flag(ReadOnlyName, false, "true: only tools that change nothing are offered."));
        CheckNames(settings, AllowName, selection.Allow);
        CheckNames(settings, DenyName, selection.Deny);
        selection.CheckAllowed(settings);
        return selection;
    }

    public bool Offers(ToolFacts tool) => WhyNot(tool) is null;

    /// <summary>Which tools texts may name. "metrics" is a word as well, and no text sends a model to that tool.</summary>
    public ToolNames Names() => new(
        ToolCatalogue.All.Select(tool => tool.Name).Where(name => name != MetricsTool.Facts.Name),
        name => Offers(ToolCatalogue.Find(name)!));

    /// <summary>Which setting leaves the tool out, and what an operator does to offer it; null if it is offered.</summary>
    public string? WhyNot(ToolFacts tool)
    {
        var toolset = ToolCatalogue.ToolsetOf(tool.Name);
        if (!Toolsets.Contains(toolset))
            return $"It is in the toolset {Words.Snake(toolset)}, which is off. "
                + $"The operator turns it on with {ToolsetsName}={Written(Toolsets.Append(toolset))}.";
        if (MatchesAny(Deny, tool.Name))
            return $"The operator has denied it with {DenyName}.";
        if (Allow.Count > 0 && !MatchesAny(Allow, tool.Name))
            return $"The operator has not named it in {AllowName}.";
        return ReadOnly && !tool.ReadOnly ? $"The operator has set {ReadOnlyName}: only tools that change nothing are offered." : null;
    }

    private static Toolset[] ReadToolsets(Settings settings)
    {
        var toolsets = new List<Toolset>();
        var help = $"Groups of tools that are offered, comma-separated. Of: {ToolsetNames}.";
        foreach (var name in settings.List(ToolsetsName, Written(_default), help))
        {
            if (_toolsets.TryGetValue(name.ToLowerInvariant(), out var toolset))
                toolsets.Add(toolset);
            else
                settings.Refuse($"{ToolsetsName} has '{name}', which is not a toolset: use one or more of {ToolsetNames}.");
        }
        return [.. toolsets.Distinct().Order()];
    }

    private static string Written(IEnumerable<Toolset> toolsets) =>
        string.Join(',', toolsets.Order().Select(toolset => Words.Snake(toolset)));

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
            var hint = nearest is null ? "use names of tools, or a prefix and *" : $"did you mean {nearest}";
            settings.Refuse($"{variable} has '{pattern}', which is not a tool: {hint}.");
        }
    }

    /// <summary>A name in the allow list that a toolset leaves out would do nothing.</summary>
    private void CheckAllowed(Settings settings)
    {
        foreach (var pattern in Allow)
        {
            var named = ToolCatalogue.All
                .Where(tool => MatchesAny([pattern], tool.Name)).Select(tool => ToolCatalogue.ToolsetOf(tool.Name)).Distinct().ToList();
            if (named.Count > 0 && !named.Intersect(Toolsets).Any())
                settings.Refuse(
                    $"{AllowName} has '{pattern}', but the toolset {Words.Snake(named[0])} is off: "
                        + $"use {ToolsetsName}={Written(Toolsets.Append(named[0]))}.");
        }
    }
}
