using System.Collections.Concurrent;
using System.Text;

namespace McpDevBench.Observability.Logs;

/// <summary>The fields of one log line, in order, without repetition: the first value of a name stays.</summary>
internal sealed class LogFields
{
    // Names come from message templates in the source, so there are few; the cap only guards against a surprise.
    private const int MaximumCachedNames = 1000;
    private static readonly ConcurrentDictionary<string, string> _names = new();

    private readonly List<KeyValuePair<string, object>> _fields = [];

    public IReadOnlyList<KeyValuePair<string, object>> All => _fields;

    public void Clear() => _fields.Clear();

    public void Add(string name, object? value)
    {
        if (value is null || name == "{OriginalFormat}")
            return;
        var snake = SnakeCase(name);
        foreach (var field in _fields)
        {
            if (field.Key == snake)
                return;
        }
        _fields.Add(new(snake, value));
    }

    /// <summary>Adds what a log call or a scope carries, if it carries names and values.</summary>
    public void AddAll(object? state)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> pairs)
            return;
        foreach (var (name, value) in pairs)
            Add(name, value);
    }

    /// <summary>As <see cref="AddAll"/>, but without what the web server puts on every line: the correlation id says it better.</summary>
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
    public static string SnakeCase(string name)
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
            snake.Append(char.ToLowerInvariant(letter));
        }
        var result = snake.ToString() is "timestamp" or "level" or "logger" or "message" or "exception" ? $"field_{snake}" : snake.ToString();
        if (_names.Count < MaximumCachedNames)
            _names.TryAdd(name, result);
        return result;
    }

    /// <summary><c>McpDevBench.Mcp.CallPipeline</c> is <c>mcp_devbench.mcp.call_pipeline</c>; the names of others stay as they are.</summary>
    public static string LoggerName(string category) => !category.StartsWith("McpDevBench", StringComparison.Ordinal)
        ? category
        : string.Join('.', category.Split('.').Select(part => part == "McpDevBench" ? "mcp_devbench" : SnakeCase(part)));
}
