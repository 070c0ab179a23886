using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>
/// What clients send for a value of another type, where it can mean one thing only and nothing is lost: <c>500.0</c> and <c>"500"</c> for a
/// whole number, <c>"false"</c> for false, JSON text for an array or an object, a number or a flag for the value of an environment
/// variable.
/// </summary>
internal static class LenientValues
{
    /// <param name="isEntry">It is a value of a map of names to strings.</param>
    /// <returns>The value in the schema's type; null if it does not fit, or is ambiguous.</returns>
    public static JsonElement? Convert(ArgumentShape shape, JsonElement value, bool isEntry) => (shape.Type, value.ValueKind) switch
    {
        ("string", JsonValueKind.String) => value,
        ("string", JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) when isEntry => TextOf(value),
        ("integer", JsonValueKind.Number) => value.TryGetInt64(out _) ? value : Whole(value.GetRawText()),
        ("integer", JsonValueKind.String) => Whole(value.GetString()!),
        ("number", JsonValueKind.Number) => value,
        ("number", JsonValueKind.String) => JsonNumber.TryParse(value.GetString()!, out _) ? JsonElement.Parse(value.GetString()!) : null,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => value,
        ("boolean", JsonValueKind.String) => Flag(value.GetString()!),
        ("array", JsonValueKind.Array) or ("object", JsonValueKind.Object) => value,
        ("array", JsonValueKind.String) => Json(value.GetString()!, JsonValueKind.Array),
        ("object", JsonValueKind.String) => Json(value.GetString()!, JsonValueKind.Object),
        _ => null,
    };

    /// <summary>
    /// Strings whose empty value has a meaning. if_match is among them: a condition that is lost would let a write replace anything.
    /// </summary>
    private static readonly FrozenSet<string> _mayBeEmpty =
        ["content", "data", "old_text", "new_text", "stdin", "pattern", "path", "if_match"];

    /// <summary>Whether the value of an optional argument counts as not given.</summary>
    public static bool IsAbsent(string name, ArgumentShape shape, JsonElement value) =>
        value.ValueKind == JsonValueKind.Null
        || shape.Type == "string" && value.ValueKind == JsonValueKind.String && value.ValueEquals("") && !_mayBeEmpty.Contains(name);

    /// <summary>Another common spelling of a word that is allowed: <c>SIGTERM</c> for TERM, <c>utf-8</c> for utf8.</summary>
    public static JsonElement? Word(ArgumentShape shape, string text)
    {
        var word = text.ToUpperInvariant() switch
        {
            "UTF-8" => "utf8",
            ['S', 'I', 'G', .. var signal] => signal,
            _ => null,
        };
        return word is not null && shape.Allows(word) ? JsonElement.Parse($"\"{word}\"") : null;
    }

    /// <summary>A number or a flag as the text that it was sent as.</summary>
    public static JsonElement TextOf(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            json.WriteStringValue(value.GetRawText());
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static JsonElement? Whole(string text) =>
        JsonNumber.TryParse(text, out var number) && number.TryGetInteger(out var whole)
            ? JsonElement.Parse(whole.ToString(CultureInfo.InvariantCulture))
            : null;

    private static JsonElement? Flag(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" => JsonElement.Parse("true"),
        "FALSE" => JsonElement.Parse("false"),
        _ => null,
    };

    private static JsonElement? Json(string text, JsonValueKind kind)
    {
        if (text.AsSpan().TrimStart() is not ['[' or '{', ..] || LoneSurrogates.InJson(text))
            return null;
        try
        {
            var value = JsonElement.Parse(text);
            return value.ValueKind == kind ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
