using System.Globalization;
using System.Text.Json;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>The published schemas stay within what the strictest model APIs accept, and agree with what the binder does.</summary>
public sealed class StrictSchemaTests : IDisposable
{
    private const int MaxNameLength = 40;

    private static readonly string[] _inputWords = ["type", "properties", "required", "items", "additionalProperties", "description", "default", "enum", "minimum", "maximum"];
    private static readonly string[] _outputWords = ["type", "properties", "required", "items"];
    private static readonly string[] _types = ["string", "integer", "number", "boolean", "array", "object"];

    private readonly TestServer _server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });

    private IEnumerable<DevBenchTool> Tools => _server.Services.GetServices<McpServerTool>().Cast<DevBenchTool>();

    [Fact]
    public void Strict_model_apis_accept_every_schema()
    {
        foreach (var tool in Tools.Select(tool => tool.ProtocolTool))
        {
            Assert.True(tool.Name.Length <= MaxNameLength, tool.Name);
            Check($"{tool.Name} arguments", tool.InputSchema, _inputWords, isInput: true);
            Check($"{tool.Name} result", tool.OutputSchema!.Value, _outputWords, isInput: false);
        }
    }

    [Fact]
    public void Every_argument_that_works_is_published()
    {
        foreach (var tool in Tools)
        {
            var published = tool.ProtocolTool.InputSchema.GetProperty("properties").EnumerateObject().Select(property => property.Name);
            Assert.Equal(tool.Shape.Names(), published);
        }
    }

    [Fact]
    public void Published_bounds_are_those_of_the_binder()
    {
        var checkedBounds = 0;
        foreach (var tool in Tools)
        {
            foreach (var (path, schema, wrap) in Places(tool.ProtocolTool.InputSchema))
            {
                foreach (var (bound, beyond) in new[] { ("minimum", -1), ("maximum", 1) })
                {
                    if (!schema.TryGetProperty(bound, out var limit))
                        continue;
                    checkedBounds++;
                    var at = $"{tool.ProtocolTool.Name} {path} {bound}";
                    Assert.True(Mistake(tool, wrap(limit.GetDecimal()), path) is null, at);
                    Assert.True(Mistake(tool, wrap(limit.GetDecimal() + beyond), path) is not null, at);
                }
            }
        }
        Assert.True(checkedBounds > 20);
    }

    [Fact]
    public void Defaults_and_words_that_are_published_are_accepted()
    {
        foreach (var tool in Tools)
        {
            foreach (var (path, schema, wrap) in Places(tool.ProtocolTool.InputSchema))
            {
                if (schema.TryGetProperty("default", out var value))
                    Assert.Null(Mistake(tool, wrap(value.GetRawText()), path));
                foreach (var word in schema.TryGetProperty("enum", out var words) ? words.EnumerateArray().ToList() : [])
                    Assert.Null(Mistake(tool, wrap(word.GetRawText()), path));
            }
        }
    }

    public void Dispose() => _server.Dispose();

    /// <summary>All properties of arguments, with what makes arguments in which only this one has the given value.</summary>
    private static IEnumerable<(string Path, JsonElement Schema, Func<object, string> Wrap)> Places(JsonElement schema, string path = "", Func<string, string>? around = null)
    {
        around ??= inner => inner;
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            yield return (at, property.Value, value => around(Object(property.Name, string.Create(CultureInfo.InvariantCulture, $"{value}"))));
            var type = property.Value.GetProperty("type").GetString();
            if (type == "object")
            {
                foreach (var nested in Places(property.Value, at, inner => around(Object(property.Name, inner))))
                    yield return nested;
            }
            if (type == "array" && property.Value.GetProperty("items").TryGetProperty("properties", out _))
            {
                foreach (var nested in Places(property.Value.GetProperty("items"), $"{at}[0]", inner => around(Object(property.Name, $"[{inner}]"))))
                    yield return nested;
            }
        }
    }

    private static string Object(string name, string value) => $"{{\"{name}\":{value}}}";

    /// <returns>What the binder says against the argument; what it says of others, which are left out here, does not matter.</returns>
    private static string? Mistake(DevBenchTool tool, string arguments, string path)
    {
        try
        {
            tool.Shape.Bind(JsonElement.Parse(arguments));
            return null;
        }
        catch (RefusalException refusal)
        {
            return refusal.Message.Contains($"'{path}'", StringComparison.Ordinal) ? refusal.Message : null;
        }
    }

    private static void Check(string at, JsonElement schema, string[] words, bool isInput)
    {
        foreach (var word in schema.EnumerateObject())
            Assert.True(words.Contains(word.Name), $"{at}: the keyword '{word.Name}'");
        Assert.True(schema.GetProperty("type") is { ValueKind: JsonValueKind.String } type && _types.Contains(type.GetString()), $"{at}: the type");
        if (schema.TryGetProperty("enum", out var allowed))
            Assert.True(allowed.GetArrayLength() > 0 && allowed.EnumerateArray().All(word => word.ValueKind == JsonValueKind.String), $"{at}: the enum");
        if (schema.TryGetProperty("description", out var description))
            Assert.InRange(description.GetString()!.Length, 3, 1024);
        switch (schema.GetProperty("type").GetString())
        {
            case "array":
                Check($"{at}[]", schema.GetProperty("items"), words, isInput);
                break;
            case "object":
                CheckObject(at, schema, words, isInput);
                break;
            default:
                Assert.False(schema.TryGetProperty("properties", out _) || schema.TryGetProperty("items", out _), $"{at}: members of a {schema.GetProperty("type")}");
                break;
        }
    }

    private static void CheckObject(string at, JsonElement schema, string[] words, bool isInput)
    {
        var properties = schema.GetProperty("properties").EnumerateObject().ToList();
        foreach (var property in properties)
            Check($"{at}.{property.Name}", property.Value, words, isInput);
        // The schema of a result has the types of those members alone that may be left out.
        if (!isInput)
            return;
        if (schema.TryGetProperty("required", out var required))
            Assert.Empty(required.EnumerateArray().Select(name => name.GetString()!).Except(properties.Select(property => property.Name)));
        // A map of names to strings is the only open object; it names an example, since some APIs refuse an object without a property.
        var additional = schema.GetProperty("additionalProperties");
        if (additional.ValueKind == JsonValueKind.Object)
            Assert.True(properties.Count == 1 && additional.GetProperty("type").GetString() == "string", $"{at}: the entries");
        else
            Assert.Equal(JsonValueKind.False, additional.ValueKind);
    }
}
