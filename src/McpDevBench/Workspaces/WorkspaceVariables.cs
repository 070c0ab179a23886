using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpDevBench.Workspaces;

/// <summary>Reads MCP_WORKSPACE_ENV. Its values may be secret: no message quotes one.</summary>
internal static partial class WorkspaceVariables
{
    private const string Name = "MCP_WORKSPACE_ENV",
        Allowed = "use NAME=VALUE, separated by commas or newlines, or a JSON object of strings (for values with commas)";

    public static IReadOnlyDictionary<string, string> Read(Settings settings)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var text = settings.OptionalText(Name,
            "Variables for every workspace, such as HTTPS_PROXY: NAME=VALUE, comma-separated, or a JSON object. "
            + "The image's lose to them, spawn's win.");
        if (text is null)
            return variables;
        var problem = text.StartsWith('{') ? ReadObject(text, variables) : ReadList(text, variables);
        problem ??= variables.Keys.FirstOrDefault(name => !NamePattern().IsMatch(name)) is { } wrong
            ? $"'{wrong}' is not a variable's name" : null;
        problem ??= variables.FirstOrDefault(pair => pair.Value.Contains('\0', StringComparison.Ordinal)).Key is { } broken
            ? $"the value of {broken} contains NUL" : null;
        if (problem is not null)
            settings.Refuse($"{Name} is not allowed: {problem}; {Allowed}.");
        return variables;
    }

    private static string? ReadObject(string text, Dictionary<string, string> variables)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.String)
                    return $"the value of {member.Name} is not a string";
                variables[member.Name] = member.Value.GetString()!;
            }
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "it is not valid JSON";
        }
    }

    private static string? ReadList(string text, Dictionary<string, string> variables)
    {
        var entries = text.Split(text.Contains('\n', StringComparison.Ordinal) ? '\n'
            : ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var (index, entry) in entries.Index())
        {
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                return $"entry {index + 1} is not NAME=VALUE";
            variables[entry[..at]] = entry[(at + 1)..];
        }
        return null;
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]{0,254}\z")]
    private static partial Regex NamePattern();
}
