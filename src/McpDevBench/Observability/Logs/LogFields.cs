using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability.Logs;

/// <param name="IsSecret">It says that its value is not to be shown.</param>
internal sealed record FieldName(string Text, bool IsSecret)
{
    public JsonEncodedText Json { get; } = JsonEncodedText.Encode(Text, LineEncoder.Instance);
}

internal readonly record struct LogField(FieldName Name, object Value);

/// <summary>The fields of one log line, in order, without repetition: the first value of a name stays. A value is a text, a number, a truth or a time.</summary>
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

    /// <summary>Adds what a log call carries, if it carries names and values. Generated log messages hold theirs from the last to the first.</summary>
    public void AddAll(object? state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> pairs)
            return;
        for (var index = pairs.Count - 1; index >= 0; index--)
            Add(pairs[index].Key, pairs[index].Value);
    }

    /// <summary>Adds what a scope carries, but for what the web server puts on every line: the correlation id says it better.</summary>
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

    /// <summary><c>McpDevBench.Mcp.CallPipeline</c> is <c>mcp_devbench.mcp.call_pipeline</c>; the names of others stay as they are.</summary>
    public static string LoggerName(string category) => !category.StartsWith("McpDevBench", StringComparison.Ordinal)
        ? category
        : string.Join('.', category.Split('.').Select(part => part == "McpDevBench" ? "mcp_devbench" : SnakeCase(part)));

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
        var snake = new StringBuilder(name.Length + 4);
        for (var index = 0; index < name.Length; index++)
        {
            var letter = name[index];
            var startsWord = char.IsUpper(letter) && index > 0 && (char.IsLower(name[index - 1]) || char.IsDigit(name[index - 1]) || (index + 1 < name.Length && char.IsLower(name[index + 1]) && char.IsUpper(name[index - 1])));
            if (startsWord)
                snake.Append('_');
            snake.Append(char.IsLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '_');
        }
        var result = new FieldName(snake.ToString() is "timestamp" or "level" or "logger" or "message" or "exception" ? $"field_{snake}" : snake.ToString(), SecretNames.IsSecret(name));
        if (_names.Count < MaximumCachedNames)
            _names.TryAdd(name, result);
        return result;
    }
}
