using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpDevBench.Mcp;

/// <summary>
/// An input schema, ready to bind arguments with. It knows the keywords that our schemas use, and no others; that all are known is tested.
/// </summary>
internal sealed class ArgumentShape
{
    private readonly Dictionary<string, ArgumentShape> _members = [];
    private readonly HashSet<string> _required = [];
    private readonly List<string> _words = [];
    private List<string> _offered = [];
    private bool _neverAllowed;
    private string? _setting;

    public string Type { get; private init; } = "object";

    public IReadOnlyDictionary<string, ArgumentShape> Members => _members;

    public IReadOnlyCollection<string> Required => _required;

    /// <summary>Of an array's items or a map's values.</summary>
    public ArgumentShape? Items { get; private set; }

    public bool IsMap { get; private set; }

    /// <summary>As large as a request may be.</summary>
    public bool IsLarge { get; private init; }

    /// <summary>What to do instead, for a value that does not fit.</summary>
    public string? Instead { get; private init; }

    public decimal? Minimum { get; private init; }

    public decimal? Maximum { get; private init; }

    public static ArgumentShape Of(JsonObject schema)
    {
        var shape = new ArgumentShape
        {
            Type = schema["type"]!.GetValue<string>(),
            IsLarge = schema[ToolSchema.Large] is not null,
            Instead = (string?)schema[ToolSchema.Instead],
            Minimum = schema["minimum"]?.Number(),
            Maximum = schema["maximum"]?.Number(),
            _neverAllowed = schema[ToolSchema.NeverAllowed] is not null,
            _setting = (string?)schema[ToolSchema.Setting],
        };
        if (schema["additionalProperties"] is JsonObject values)
            (shape.Items, shape.IsMap) = (Of(values), true);
        else if (schema["items"] is JsonObject items)
            shape.Items = Of(items);
        foreach (var (name, member) in shape.IsMap ? [] : schema["properties"]?.AsObject() ?? [])
            shape._members[name] = Of(member!.AsObject());
        foreach (var name in schema["required"]?.AsArray() ?? [])
            shape._required.Add(name!.GetValue<string>());
        foreach (var word in schema["enum"]?.AsArray() ?? [])
            shape._words.Add(word!.GetValue<string>());
        shape._offered = schema[ToolSchema.Offered]?.AsArray() is { } offered ? [.. offered.Select(word => (string)word!)] : shape._words;
        return shape;
    }

    /// <summary>
    /// Arguments as the records read them: what a client sent in another form, without loss, is put into the schema's form.
    /// </summary>
    /// <exception cref="RequestException">invalid_argument, with the argument's name and what it should be.</exception>
    public JsonElement Bind(JsonElement arguments) => ArgumentBinder.Bind(this, arguments);

    /// <summary>The arguments that may be given, in the order in which they are published.</summary>
    public IEnumerable<string> Names() => _members.Where(member => !member.Value._neverAllowed).Select(member => member.Key);

    /// <summary>The words that it may be; empty: any.</summary>
    public IReadOnlyList<string> Words => _words;

    public bool Allows(string word) => _words.Count == 0 || _words.Contains(word);

    /// <summary>An error that lists the arguments of this object.</summary>
    public RequestException Wrong(string sentence) =>
        new(
            ErrorCode.InvalidArgument, sentence,
            IsMap
                ? $"Send an object such as {Example()}."
                : $"Arguments: {string.Join(", ", Names().Select(name => _required.Contains(name) ? $"{name} (required)" : name))}.");

    /// <summary>A value that is well-formed, but larger than allowed.</summary>
    public static RequestException TooMuch(string sentence) =>
        new(ErrorCode.InvalidArgument, sentence, "Send less in one call; large content goes into a file with fs_write.");

    /// <summary>An error about this value.</summary>
    /// <param name="parent">The object that has it.</param>
    public RequestException DoesNotFit(string path, JsonElement value, ArgumentShape parent)
    {
        var sentence = $"The argument '{path}' must be {Expectation()}, but {Shown(value)} was given.";
        if (Instead is not null)
            return new(ErrorCode.InvalidArgument, sentence, Instead);
        if (Type is "array" or "object")
            return new(ErrorCode.InvalidArgument, sentence, $"Send {path} as JSON such as {Example()}.{Optional()}");
        var isAbove = value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number > Maximum;
        return _setting is not null && isAbove
            ? new(
                ErrorCode.InvalidArgument, sentence,
                $"Use a value in this range; the operator of the server sets the maximum with {_setting}.")
            : parent.Wrong(sentence);
    }

    public string Expectation() => (Type, _words.Count, Minimum, Maximum) switch
    {
        ("string", > 0, _, _) => $"one of {string.Join(", ", _offered)}",
        ("string", _, _, _) => "a string",
        ("integer", _, { } minimum, { } maximum) =>
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"),
        ("integer", _, _, _) => "a whole number",
        ("number", _, { } minimum, { } maximum) => string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"),
        ("number", _, _, _) => "a number",
        ("boolean", _, _, _) => "true or false",
        ("array", _, _, _) => Items!.Type == "string" ? "an array of strings" : $"an array of objects with {Items.Listed()}",
        _ => IsMap ? "an object of strings" : $"an object with {Listed()}",
    };

    private string Listed() => string.Join(", ", Names());

    /// <summary>JSON that fits: of an object, its required members.</summary>
    private string Example() => Type switch
    {
        "array" => $"[{Items!.Example()}]",
        "object" when IsMap => "{\"NAME\": \"value\"}",
        "object" => $"{{{string.Join(", ", Names().Where(_required.Contains).Select(name => $"\"{name}\": {_members[name].Example()}"))}}}",
        "string" => $"\"{_words.FirstOrDefault() ?? "…"}\"",
        "boolean" => "true",
        _ => "1",
    };

    /// <summary>A sentence with the members that an example leaves out.</summary>
    private string Optional()
    {
        var shape = Items ?? this;
        var others = shape.Names().Except(shape._required).ToList();
        return others.Count == 0 ? "" : $" Optional members: {string.Join(", ", others)}.";
    }

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
