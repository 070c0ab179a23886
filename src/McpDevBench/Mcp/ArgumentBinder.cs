using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>
/// One binding: checks the arguments by the schema, at every depth, and notes which values have to be written in another form.
/// </summary>
internal sealed class ArgumentBinder
{
    private const int MaxText = 65_536;
    private const int MaxItems = 4096;

    /// <summary>By path. A value that is not defined is left out.</summary>
    private readonly Dictionary<string, JsonElement> _replaced = [];

    private ArgumentBinder()
    {
    }

    public static JsonElement Bind(ArgumentShape shape, JsonElement arguments)
    {
        var binder = new ArgumentBinder();
        binder.BindObject(shape, arguments, "");
        if (binder._replaced.Count == 0)
            return arguments;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            binder.Write(json, arguments, "");
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static string PathOf(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string PathOf(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    private void BindObject(ArgumentShape shape, JsonElement sent, string path)
    {
        var value = ArgumentNames.Known(shape, sent);
        if (value.ValueKind == JsonValueKind.Undefined)
            value = sent;
        else
            _replaced[path] = value;
        var seen = new HashSet<string>();
        foreach (var member in value.EnumerateObject())
        {
            var at = PathOf(path, member.Name);
            if (!seen.Add(member.Name))
                throw shape.Wrong($"The argument '{at}' is given twice.");
            if (!shape.Members.TryGetValue(member.Name, out var expected))
                throw Unknown(shape, at, member.Name);
            // Many clients send every argument, and null or an empty string for those that were not given.
            if (!shape.Required.Contains(member.Name) && LenientValues.IsAbsent(member.Name, expected, member.Value))
                _replaced[at] = default;
            else
                BindValue(expected, member.Value, at, shape);
        }
        foreach (var name in shape.Required)
        {
            if (!seen.Contains(name))
                throw shape.Wrong($"The argument '{PathOf(path, name)}' is missing: it must be {shape.Members[name].Expectation()}.");
        }
    }

    private void BindValue(ArgumentShape shape, JsonElement given, string path, ArgumentShape parent)
    {
        if (shape.Type is "array" or "object" && LenientValues.LoneSurrogate(given) is { } lone)
            throw new RequestException(
                ErrorCode.InvalidArgument, $"The argument '{path}' contains a lone surrogate ({lone}), which is not valid text.",
                MessageFault.LoneHint);
        var converted = LenientValues.Convert(shape, given, isEntry: parent.IsMap && ReferenceEquals(parent.Items, shape));
        if (converted is not { } value)
            throw shape.DoesNotFit(path, given, parent);
        if (value.ValueKind != given.ValueKind || shape.Type == "integer" && !given.TryGetInt64(out _))
            _replaced[path] = value;
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                CheckText(shape, value, path, parent);
                break;
            case JsonValueKind.Number when !value.TryGetDecimal(out var number) || number < shape.Minimum || number > shape.Maximum:
                throw shape.DoesNotFit(path, given, parent);
            case JsonValueKind.Array:
                BindItems(shape, value, path, parent);
                break;
            case JsonValueKind.Object when shape.IsMap:
                BindEntries(shape, value, path);
                break;
            case JsonValueKind.Object:
                BindObject(shape, value, path);
                break;
        }
    }

    private void CheckText(ArgumentShape shape, JsonElement value, string path, ArgumentShape parent)
    {
        // A large text is as large as a request may be: nothing to count.
        if (shape.IsLarge)
            return;
        var text = value.GetString()!;
        if (text.Length > MaxText)
            throw ArgumentShape.TooMuch(
                string.Create(
                    CultureInfo.InvariantCulture, $"The argument '{path}' has {text.Length} characters; at most {MaxText} are allowed."));
        if (shape.Allows(text))
            return;
        _replaced[path] = LenientValues.Word(shape, text) ?? throw shape.DoesNotFit(path, value, parent);
    }

    private void BindItems(ArgumentShape shape, JsonElement value, string path, ArgumentShape parent)
    {
        if (value.GetArrayLength() > MaxItems)
            throw ArgumentShape.TooMuch(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The argument '{path}' has {value.GetArrayLength()} items; at most {MaxItems} are allowed."));
        var index = 0;
        var items = shape.Items!;
        foreach (var item in value.EnumerateArray())
        {
            var at = PathOf(path, index++);
            // A number or a flag in a list of strings is its text: ["sleep", 5].
            if (items.Type == "string" && item.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
                _replaced[at] = LenientValues.TextOf(item);
            else
                BindValue(items, item, at, items.Members.Count > 0 ? items : parent);
        }
    }

    private void BindEntries(ArgumentShape shape, JsonElement value, string path)
    {
        var seen = new HashSet<string>();
        foreach (var entry in value.EnumerateObject())
        {
            if (!seen.Add(entry.Name))
                throw shape.Wrong($"The argument '{path}.{entry.Name}' is given twice.");
            if (seen.Count > MaxItems)
                throw ArgumentShape.TooMuch(
                    string.Create(CultureInfo.InvariantCulture, $"The argument '{path}' has more than {MaxItems} entries."));
            var at = PathOf(path, entry.Name);
            // As for an argument: null is not given.
            if (entry.Value.ValueKind == JsonValueKind.Null)
                _replaced[at] = default;
            else
                BindValue(shape.Items!, entry.Value, at, shape);
        }
    }

    private static RequestException Unknown(ArgumentShape shape, string path, string name)
    {
        var shown = path.Length <= 100 ? path : $"{path[..100]}…";
        if (ArgumentNames.Home(shape, name) is { } home)
            return shape.Wrong($"Unknown argument '{shown}'. It belongs in '{home}': {shape.Members[home].Expectation()}.");
        var nearest = Nearest.To(name, shape.Names());
        return shape.Wrong($"Unknown argument '{shown}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}");
    }

    private void Write(Utf8JsonWriter json, JsonElement given, string path)
    {
        var value = _replaced.GetValueOrDefault(path, given);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    var at = PathOf(path, member.Name);
                    if (_replaced.TryGetValue(at, out var replacement) && replacement.ValueKind == JsonValueKind.Undefined)
                        continue;
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value, at);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                var index = 0;
                foreach (var item in value.EnumerateArray())
                    Write(json, item, PathOf(path, index++));
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
