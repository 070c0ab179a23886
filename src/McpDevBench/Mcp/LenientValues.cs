using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>
/// What clients send for a value of another type, where it can mean one thing only and nothing is lost: <c>500.0</c> and <c>"500"</c> for a
/// whole number, <c>"false"</c> for false, a number for its text, JSON text for an array or an object, one item for an array of one,
/// <c>["NAME=value"]</c> for an object of strings.
/// </summary>
internal static class LenientValues
{
    /// <param name="isEntry">It is a value of a map of names to strings.</param>
    /// <returns>The value in the schema's type; null if it does not fit, or is ambiguous.</returns>
    public static JsonElement? Convert(ArgumentShape shape, JsonElement value, bool isEntry) => (shape.Type, value.ValueKind) switch
    {
        ("string", JsonValueKind.String) => value,
        ("string", JsonValueKind.True or JsonValueKind.False) when isEntry => TextOf(value),
        ("string", JsonValueKind.Number) when shape.Instead is null => TextOf(value),
        ("integer", JsonValueKind.Number) => value.TryGetInt64(out _) ? value : Whole(value.GetRawText()),
        ("integer", JsonValueKind.String) => Whole(value.GetString()!.Trim()),
        ("number", JsonValueKind.Number) => value,
        ("number", JsonValueKind.String) => Number(value.GetString()!.Trim()),
        ("boolean", JsonValueKind.True or JsonValueKind.False) => value,
        ("boolean", JsonValueKind.String) => Flag(value.GetString()!),
        ("array", JsonValueKind.Array) or ("object", JsonValueKind.Object) => value,
        ("array", JsonValueKind.String) => Json(value.GetString()!) is { } json ? Convert(shape, json, isEntry) : LoneItem(shape, value),
        ("array", JsonValueKind.Object) => LoneItem(shape, value),
        ("object", JsonValueKind.String) when Json(value.GetString()!) is { } json => Convert(shape, json, isEntry),
        ("object", JsonValueKind.String or JsonValueKind.Array) when shape.IsMap => VariableList.Read(value),
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

    /// <summary>
    /// Another common spelling of a word that is allowed: <c>SIGTERM</c> for TERM, <c>utf-8</c> for utf8, <c>Stdout </c> for stdout.
    /// </summary>
    public static JsonElement? Word(ArgumentShape shape, string text)
    {
        var word = text.Trim().ToUpperInvariant() switch
        {
            "UTF-8" => "UTF8",
            ['S', 'I', 'G', .. var signal] => signal,
            var other => other,
        };
        var allowed = shape.Words.SingleOrDefault(one => one.Equals(word, StringComparison.OrdinalIgnoreCase));
        return allowed is null ? null : JsonElement.Parse($"\"{allowed}\"");
    }

    /// <summary>A number or a flag as the text that it was sent as.</summary>
    public static JsonElement TextOf(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            json.WriteStringValue(value.GetRawText());
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>Half a character, as it is written in the JSON text of an array or an object; null if there is none.</summary>
    public static string? LoneSurrogate(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is ['[', .., ']'] or ['{', .., '}']
            ? LoneSurrogates.In(Encoding.UTF8.GetBytes(value.GetString()!))
            : null;

    private static JsonElement? Whole(string text) =>
        JsonNumber.TryParse(text, out var number) && number.TryGetInteger(out var whole)
            ? JsonElement.Parse(whole.ToString(CultureInfo.InvariantCulture))
            : null;

    private static JsonElement? Number(string text) => JsonNumber.TryParse(text, out _) ? JsonElement.Parse(text) : null;

    private static JsonElement? Flag(string text) => text.Trim().ToUpperInvariant() switch
    {
        "TRUE" => JsonElement.Parse("true"),
        "FALSE" => JsonElement.Parse("false"),
        _ => null,
    };

    /// <summary>An array of one, from its item. A lone text for a list of words, which could be a whole command line, is none.</summary>
    private static JsonElement? LoneItem(ArgumentShape shape, JsonElement value)
    {
        var isItem = (shape.Items!.Type, value.ValueKind) is ("object", JsonValueKind.Object) or ("string", JsonValueKind.String);
        return isItem && shape.Instead is null ? JsonElement.Parse($"[{value.GetRawText()}]") : null;
    }

    /// <summary>The array or object that the text is JSON of; null if it is neither.</summary>
    private static JsonElement? Json(string text)
    {
        if (text.AsSpan().TrimStart() is not ['[' or '{', ..] || LoneSurrogates.InJson(text))
            return null;
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
