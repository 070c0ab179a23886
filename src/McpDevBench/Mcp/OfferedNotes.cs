using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>Removes tools that are disabled on this server from the notes and hints of a result, in its members and its text.</summary>
internal static class OfferedNotes
{
    public static void Apply(ToolNames tools, CallToolResult result)
    {
        if (result.StructuredContent is not { ValueKind: JsonValueKind.Object } structured || result.IsError is true
            || result.Content.FirstOrDefault() is not TextContentBlock text || !tools.IsNamedIn(text.Text))
            return;
        var whole = JsonObject.Create(structured)!;
        var written = text.Text;
        if (!Walk(whole))
            return;
        result.Content = [new TextContentBlock { Text = written }, .. result.Content.Skip(1)];
        result.StructuredContent = JsonSerializer.SerializeToElement(whole, McpJson.Default.JsonObject);

        bool Walk(JsonNode? node)
        {
            var changed = false;
            switch (node)
            {
                case JsonObject members:
                    foreach (var (name, value) in members.ToList())
                    {
                        if (name is "note" or "hint" && Rewritten(value) is { } offered)
                            (members[name], changed) = (offered, true);
                        else if (name == "notes" && value is JsonArray notes)
                            changed |= RewriteAll(notes);
                        else
                            changed |= Walk(value);
                    }
                    break;
                case JsonArray items:
                    foreach (var item in items)
                        changed |= Walk(item);
                    break;
            }
            return changed;
        }

        bool RewriteAll(JsonArray notes)
        {
            var changed = false;
            for (var i = 0; i < notes.Count; i++)
            {
                if (Rewritten(notes[i]) is { } offered)
                    (notes[i], changed) = (offered, true);
            }
            return changed;
        }

        string? Rewritten(JsonNode? value)
        {
            if (value is not JsonValue one || !one.TryGetValue<string>(out var given) || !tools.IsNamedIn(given))
                return null;
            var offered = tools.In(given);
            written = written.Replace(given, offered, StringComparison.Ordinal);
            return offered;
        }
    }
}
