using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Observability;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>
/// The notes in a result after a workspace's container was made anew or taken over. The text of every tool begins with them, and its
/// structured content has them in <c>notes</c>.
/// </summary>
internal static class ResumeNote
{
    private const string Member = "notes";

    private const string Files = "Its files are there;";

    private const string NoHome =
        "Its files in /workspace are there; the files of its home directory are lost, "
            + "because their volume is no longer on the Docker host;";

    /// <summary>For a result's <c>resumed</c>; null leaves it out.</summary>
    public static bool? Flag => CallFacts.Current is { Resumed.Count: > 0 } ? true : null;

    /// <summary>What the caller has to know of the workspaces of this call.</summary>
    public static IReadOnlyList<string> Of(CallFacts facts) => [.. facts.Resumed.Select(Resumed), .. facts.Adoptions];

    /// <summary>The answer to the current call, with the notes if there are any.</summary>
    public static CallToolResult Add(CallToolResult result)
    {
        if (CallFacts.Current is not { } facts || result.Content.FirstOrDefault() is not TextContentBlock text)
            return result;
        facts.Reported?.Invoke();
        if (Of(facts) is not { Count: > 0 } notes)
            return result;
        var noted = string.Concat(notes.Select(note => $"Note: {note}\n")) + text.Text;
        result.Content = [new TextContentBlock { Text = noted }, .. result.Content.Skip(1)];
        if (result.StructuredContent is { ValueKind: JsonValueKind.Object } structured)
            result.StructuredContent = With(JsonObject.Create(structured)!, notes);
        return result;
    }

    private static JsonElement With(JsonObject result, IReadOnlyList<string> notes)
    {
        var own = (result[Member] as JsonArray)?.Select(note => note?.DeepClone()) ?? [];
        result[Member] = new JsonArray([.. notes.Select(note => (JsonNode?)note), .. own]);
        return JsonSerializer.SerializeToElement(result, McpJson.Default.JsonObject);
    }

    private static string Resumed(ResumedWorkspace workspace) =>
        $"the container of the workspace {workspace.Name} had stopped and was started again. {(workspace.HomeLost ? NoHome : Files)} "
            + "its processes, /tmp and shells are gone: start servers again.";
}
