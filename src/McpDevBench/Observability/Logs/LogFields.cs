using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability.Logs;

/// <param name="IsSecret">Its value must not be shown.</param>
internal sealed record FieldName(string Text, bool IsSecret)
{
    public JsonEncodedText Json { get; } = JsonEncodedText.Encode(Text, LineEncoder.Instance);
}

internal readonly record struct LogField(FieldName Name, object Value);

/// <summary>The fields of a log line, in order. The first value of a name wins. Values are texts, numbers, booleans or times.</summary>
internal sealed class LogFields
{
    // Names come from message templates in the source, so there are few; the cap only guards against a surprise.
    private const int MaximumCachedNames = 1000;
    private static readonly ConcurrentDictionary<string, FieldName> _names = new();

    private readonly List<LogField> _fields = [];

    public List<LogField> All => _fields;

    public void Clear() => _fields.Clear();

    public void Add(string name, object? value)
    {
        if (value is null || name == "{OriginalFormat}")
            return;
        var known = NameOf(name);
        foreach (var field in _fields)
        {
            if (field.Name.Text == known.Text)
                return;
        }
        _fields.Add(new(known, known.IsSecret ? SecretRedactor.Mark : Shown(value)));
    }

    /// <summary>Adds the parameters of a log message. Generated messages hold theirs in reverse order.</summary>
    public void AddAll(object? state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> pairs)
            return;
        for (var index = pairs.Count - 1; index >= 0; index--)
            Add(pairs[index].Key, pairs[index].Value);
    }

    /// <summary>Adds the fields of a scope, except those of the web server: the correlation id replaces them.</summary>
    public void AddScope(object? scope)
    {
        if (scope is not IEnumerable<KeyValuePair<string, object?>> pairs)
            return;
        foreach (var (name, value) in pairs)
        {
            if (name is not ("ConnectionId" or "RequestId" or "RequestPath"))
                Add(name, value);
        }
    }

    /// <summary><c>ContainerId</c> is <c>container_id</c>; the names that every line has are taken.</summary>
    public static string SnakeCase(string name) => NameOf(name).Text;

    /// <summary>
    /// <c>McpDevBench.Calls.CallScope</c> is <c>mcp_devbench.calls.call_scope</c>; the names of others stay as they are.
    /// </summary>
    public static string LoggerName(string category) => category.StartsWith("McpDevBench", StringComparison.Ordinal)
        ? string.Join('.', category.Split('.').Select(LoggerNamePart))
        : category;

    private static string LoggerNamePart(string part) => part == "McpDevBench" ? "mcp_devbench" : SnakeCase(part);

    private static object Shown(object value) => value switch
    {
        string text => LogText.Clean(text),
        bool or int or long or DateTimeOffset => value,
        double number when double.IsFinite(number) => value,
        IEnumerable<string> items => LogText.Clean(string.Join(", ", items)),
        _ => LogText.Clean(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    private static FieldName NameOf(string name)
    {
        if (_names.TryGetValue(name, out var known))
            return known;
        var snake = EnumNames.SnakeCase(name);
        if (snake is "timestamp" or "level" or "logger" or "message" or "exception")
            snake = $"field_{snake}";
        var result = new FieldName(snake, SecretNames.IsSecret(name));
        if (_names.Count < MaximumCachedNames)
            _names.TryAdd(name, result);
        return result;
    }
}
