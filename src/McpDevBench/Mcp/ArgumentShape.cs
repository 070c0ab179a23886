using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpDevBench.Mcp;

/// <summary>An input schema, ready to check arguments with. It knows the words that our schemas use, and no others; that all are known is tested.</summary>
internal sealed class ArgumentShape
{
    private const int MaximumText = 65_536;
    private const int MaximumItems = 4096;

    private readonly Dictionary<string, ArgumentShape> _members = [];
    private readonly List<string> _required = [];
    private readonly List<string> _words = [];
    private string _type = "object";
    private ArgumentShape? _items;
    private bool _large;
    private bool _hasDefault;
    private bool _neverAllowed;
    private decimal? _minimum;
    private decimal? _maximum;
    private string? _setting;

    public static ArgumentShape Of(JsonObject schema)
    {
        var shape = new ArgumentShape
        {
            _type = schema["type"]!.GetValue<string>(),
            _large = schema[ToolSchema.Large] is not null,
            _neverAllowed = schema[ToolSchema.NeverAllowed] is not null,
            _hasDefault = schema["default"] is not null,
            _minimum = schema["minimum"]?.Number(),
            _maximum = schema["maximum"]?.Number(),
            _setting = (string?)schema[ToolSchema.Setting],
        };
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
            shape._members[name] = Of(member!.AsObject());
        foreach (var name in schema["required"]?.AsArray() ?? [])
            shape._required.Add(name!.GetValue<string>());
        foreach (var word in schema["enum"]?.AsArray() ?? [])
            shape._words.Add(word!.GetValue<string>());
        if ((schema["items"] ?? schema["additionalProperties"]) is JsonObject items)
            shape._items = Of(items);
        return shape;
    }

    /// <param name="optionalNulls">Optional arguments that were sent as null: many clients send all arguments that way, so it means left out.</param>
    /// <returns>Whether there are none of those.</returns>
    /// <exception cref="RefusalException">invalid_argument, with the argument's name and what it should be.</exception>
    public bool Check(JsonElement arguments, out List<string> optionalNulls)
    {
        optionalNulls = [];
        CheckObject(arguments, "", optionalNulls);
        return optionalNulls.Count == 0;
    }

    public static JsonElement Without(JsonElement arguments, List<string> names)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var argument in arguments.EnumerateObject())
            {
                if (!names.Contains(argument.Name))
                    argument.WriteTo(json);
            }
            json.WriteEndObject();
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    public static RefusalException Wrong(string sentence, ArgumentShape shape) =>
        new(RefusalCode.InvalidArgument, sentence, $"Arguments: {string.Join(", ", shape.Names().Select(name => shape._required.Contains(name) ? $"{name} (required)" : name))}.");

    /// <summary>The arguments that may be given, in the order in which they are published.</summary>
    public IEnumerable<string> Names() => _members.Where(member => !member.Value._neverAllowed).Select(member => member.Key);

    private void CheckObject(JsonElement value, string path, List<string>? optionalNulls)
    {
        var seen = new HashSet<string>();
        foreach (var member in value.EnumerateObject())
        {
            var at = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (!seen.Add(member.Name))
                throw Wrong($"The argument '{at}' is given twice.", this);
            if (!_members.TryGetValue(member.Name, out var shape))
                throw Unknown(at, member.Name);
            var leftOut = member.Value.ValueKind == JsonValueKind.Null && !_required.Contains(member.Name);
            if (leftOut && optionalNulls is not null)
                optionalNulls.Add(member.Name);
            else if (!leftOut || shape._hasDefault)
                shape.CheckValue(member.Value, at, this);
        }
        foreach (var name in _required)
        {
            if (!seen.Contains(name))
                throw Wrong($"The argument '{(path.Length == 0 ? name : $"{path}.{name}")}' is missing: it must be {_members[name].Expectation()}.", this);
        }
    }

    private void CheckValue(JsonElement value, string path, ArgumentShape parent)
    {
        var fits = _type switch
        {
            "string" => value.ValueKind == JsonValueKind.String,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "array" => value.ValueKind == JsonValueKind.Array,
            _ => value.ValueKind == JsonValueKind.Object,
        };
        if (!fits)
            throw Wrong($"The argument '{path}' must be {Expectation()}, but {Shown(value)} was given.", parent);
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                CheckText(value, path, parent);
                break;
            case JsonValueKind.Number when !value.TryGetDecimal(out var number) || number < _minimum || number > _maximum:
                throw OutOfBounds(value, path, parent);
            case JsonValueKind.Array:
                CheckItems(value, path, parent);
                break;
            case JsonValueKind.Object when _items is not null:
                CheckEntries(value, path, parent);
                break;
            case JsonValueKind.Object:
                CheckObject(value, path, null);
                break;
        }
    }

    private void CheckText(JsonElement value, string path, ArgumentShape parent)
    {
        // Large texts are as large as a request may be: nothing to count.
        if (_large)
            return;
        var text = value.GetString()!;
        if (text.Length > MaximumText)
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"The argument '{path}' has {text.Length} characters; at most {MaximumText} are allowed."), parent);
        if (_words.Count > 0 && !_words.Contains(text))
            throw Wrong($"The argument '{path}' must be {Expectation()}, but {Shown(value)} was given.", parent);
    }

    private void CheckItems(JsonElement value, string path, ArgumentShape parent)
    {
        if (value.GetArrayLength() > MaximumItems)
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"The argument '{path}' has {value.GetArrayLength()} items; at most {MaximumItems} are allowed."), parent);
        var index = 0;
        foreach (var item in value.EnumerateArray())
            _items!.CheckValue(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), _items._members.Count > 0 ? _items : parent);
    }

    private void CheckEntries(JsonElement value, string path, ArgumentShape parent)
    {
        var seen = new HashSet<string>();
        foreach (var entry in value.EnumerateObject())
        {
            if (!seen.Add(entry.Name))
                throw Wrong($"The argument '{path}.{entry.Name}' is given twice.", parent);
            if (seen.Count > MaximumItems)
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"The argument '{path}' has more than {MaximumItems} entries."), parent);
            _items!.CheckValue(entry.Value, $"{path}.{entry.Name}", parent);
        }
    }

    private RefusalException OutOfBounds(JsonElement value, string path, ArgumentShape parent)
    {
        var sentence = $"The argument '{path}' must be {Expectation()}, but {Shown(value)} was given.";
        return _setting is null ? Wrong(sentence, parent)
            : new RefusalException(RefusalCode.InvalidArgument, sentence, $"Use a value in this range; the operator of the server sets its end with {_setting}.");
    }

    private RefusalException Unknown(string path, string name)
    {
        var nearest = Nearest.To(name, Names());
        var shown = path.Length <= 100 ? path : $"{path[..100]}…";
        return Wrong($"There is no argument '{shown}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}", this);
    }

    private string Expectation() => (_type, _words.Count, _minimum, _maximum) switch
    {
        ("string", > 0, _, _) => $"one of {string.Join(", ", _words)}",
        ("string", _, _, _) => "a string",
        ("integer", _, { } minimum, { } maximum) => string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"),
        ("integer", _, _, _) => "a whole number",
        ("number", _, { } minimum, { } maximum) => string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"),
        ("number", _, _, _) => "a number",
        ("boolean", _, _, _) => "true or false",
        ("array", _, _, _) => _items!._type == "string" ? "an array of strings" : $"an array of {_items._type}s",
        _ => _items is null ? $"an object of {string.Join(", ", Names())}" : "an object of strings",
    };

    private static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: <= 60 } text ? $"'{text}'" : "a long string",
        JsonValueKind.Number => value.GetRawText() is { Length: <= 40 } number ? number : "a long number",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.Null => "null",
        var kind => kind == JsonValueKind.True ? "true" : "false",
    };
}
