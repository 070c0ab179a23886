using System.Buffers;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>Variables as <c>docker run -e</c> takes them, for an object of strings: <c>["A=1"]</c>, or <c>"A=1"</c> for one.</summary>
internal static class VariableList
{
    /// <returns>The object; null where a name or the end of a value is not certain.</returns>
    public static JsonElement? Read(JsonElement given)
    {
        if (given.ValueKind == JsonValueKind.String)
            return IsOne(given.GetString()!) ? Write([given.GetString()!]) : null;
        if (given.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String || NameLength(item.GetString()!) < 1))
            return null;
        return Write(given.EnumerateArray().Select(item => item.GetString()!));
    }

    /// <summary>A single text could hold several: <c>A=1 B=2</c>.</summary>
    private static bool IsOne(string text) => NameLength(text) > 0 && !text.Any(char.IsWhiteSpace);

    /// <returns>Where the equals sign is, behind a name; -1 if there is none.</returns>
    private static int NameLength(string text)
    {
        var equals = text.IndexOf('=');
        return equals > 0 && !text[..equals].Any(char.IsWhiteSpace) ? equals : -1;
    }

    private static JsonElement Write(IEnumerable<string> variables)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var variable in variables)
                json.WriteString(variable[..NameLength(variable)], variable[(NameLength(variable) + 1)..]);
            json.WriteEndObject();
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
