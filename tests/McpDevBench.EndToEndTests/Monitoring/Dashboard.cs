using System.Text.Json;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A dashboard of deploy/grafana.</summary>
internal static class Dashboard
{
    /// <summary>What its panels ask Prometheus for, also those in rows and in variables.</summary>
    public static IEnumerable<string> Expressions(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var found = Find(document.RootElement).ToList();
        Assert.True(found.Count > 0, $"{file} asks for nothing");
        return found;
    }

    private static IEnumerable<string> Find(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(
            member => member.Name == "expr" ? [member.Value.GetString()!] : Find(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Find),
        _ => [],
    };
}
