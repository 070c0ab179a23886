using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>
/// What models are known to send in the place of an argument, for every argument of every tool as it is published: it is taken without
/// loss, or refused with the argument's name and what it should be.
/// </summary>
public sealed class ArgumentMistakeTests : IDisposable
{
    private readonly TestServer _server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });

    private IEnumerable<DevBenchTool> Tools => _server.Services.GetServices<McpServerTool>().Cast<DevBenchTool>();

    [Fact]
    public void Every_known_mistake_is_taken_without_loss_or_refused_with_the_shape()
    {
        var (taken, refused) = (0, 0);
        foreach (var argument in Tools.SelectMany(PublishedArgument.Of))
        {
            foreach (var mistake in KnownMistake.Of(argument))
            {
                var at = $"{argument.Tool.ProtocolTool.Name} {argument.Path} = {mistake.Sent}";
                if (mistake.Meant is not null)
                    taken++;
                else
                    refused++;
                Check(argument, mistake, at);
            }
        }
        Assert.True(taken > 400 && refused > 400, $"{taken} taken, {refused} refused");
    }

    [Fact]
    public void Every_name_is_understood_in_camelCase()
    {
        var names = 0;
        foreach (var argument in Tools.SelectMany(PublishedArgument.Of).Where(argument => argument.Name.Contains('_')))
        {
            var words = argument.Name.Split('_');
            var pascal = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            var expected = argument.With(argument.Sample());
            foreach (var name in new[] { pascal, char.ToLowerInvariant(pascal[0]) + pascal[1..], argument.Name.Replace('_', '-') })
            {
                names++;
                var bound = argument.Tool.Shape.Bind(Element(argument.With(argument.Sample(), name)));
                AssertSame(expected, bound, $"{argument.Tool.ProtocolTool.Name} {name}");
            }
        }
        Assert.True(names > 100);
    }

    [Theory]
    [InlineData("fs_batch", """{"op":"read","path":"a"}""", """{"operations":[{"op":"read","path":"a"}]}""")]
    [InlineData("exec_input", """{"rows":40,"cols":100}""", """{"resize":{"rows":40,"cols":100}}""")]
    public void Members_of_the_one_item_may_stand_beside_the_other_arguments(string tool, string sent, string bound)
    {
        var (shape, handle) = (Shape(tool), tool == "exec_input" ? "exec_id" : "container_id");
        var (given, expected) = (JsonNode.Parse(sent)!, JsonNode.Parse(bound)!);
        given[handle] = "a";
        expected[handle] = "a";
        AssertSame((JsonObject)expected, shape.Bind(Element((JsonObject)given)), tool);
    }

    [Theory]
    [InlineData(
        "fs_batch", """{"container_id":"a","operations":[],"op":"read"}""",
        "Unknown argument 'op'. It belongs in 'operations': an array of objects with op, path,", "Arguments: ")]
    [InlineData(
        "fs_edit", """{"container_id":"a","path":"a","edits":"x"}""", "'edits' must be an array of objects",
        """Send edits as JSON such as [{"old_text": "…", "new_text": "…"}]. Optional members: replace_all.""")]
    [InlineData("exec", """{"container_id":"a","env":"A"}""", "'env' must be an object of strings", """such as {"NAME": "value"}.""")]
    [InlineData("exec", """{"container_id":"a","env":["A=1","A=2"]}""", "'env.A' is given twice", "NAME")]
    [InlineData("exec", """{"container_id":"a","shell":["ls"]}""", "'shell' must be a string", "use cmd")]
    [InlineData("exec", """{"container_id":"a","stdin":true}""", "'stdin' must be a string", "stdin_open=true")]
    [InlineData("fs_write", """{"container_id":"a","path":"a","content":{"a":1}}""", "'content' must be a string", """: "{\"a\": 1}".""")]
    [InlineData("fs_write", """{"container_id":"a","path":"a","content":"","mode":493}""", "'mode' must be a string, but 493", "octal")]
    public void What_is_ambiguous_is_refused_with_the_shape_to_send(string tool, string sent, string message, string hint)
    {
        var refusal = Assert.Throws<RequestException>(() => Shape(tool).Bind(JsonElement.Parse(sent)));
        Assert.Contains(message, refusal.Message);
        Assert.Contains(hint, refusal.Hint);
    }

    public void Dispose() => _server.Dispose();

    private static void Check(PublishedArgument argument, KnownMistake mistake, string at)
    {
        var sent = Element(argument.With(mistake.Sent));
        if (mistake.Meant is { } meant)
        {
            var expected = mistake.IsAbsent ? argument.With(null) : argument.With(meant);
            AssertSame(expected, Assert.IsType<JsonElement>(Try(() => argument.Tool.Shape.Bind(sent), at)), at);
            return;
        }
        var refusal = Assert.Throws<RequestException>(() => argument.Tool.Shape.Bind(sent));
        Assert.True(refusal.Code == ErrorCode.InvalidArgument && refusal.Message.Contains($"'{argument.Path}"), $"{at}: {refusal.Message}");
        Assert.True(refusal.Message.Contains(argument.Expectation), $"{at}: {refusal.Message}");
        var shown = argument.Type is "array" or "object" && !argument.IsCmd ? "such as " : argument.Name;
        Assert.True(refusal.Hint.Contains(shown), $"{at}: {refusal.Hint}");
    }

    private static JsonElement Try(Func<JsonElement> bind, string at)
    {
        try
        {
            return bind();
        }
        catch (RequestException refusal)
        {
            throw new InvalidOperationException($"{at}: {refusal.Message}", refusal);
        }
    }

    private ArgumentShape Shape(string tool) => Tools.Single(one => one.ProtocolTool.Name == tool).Shape;

    private static JsonElement Element(JsonObject arguments) => JsonElement.Parse(arguments.ToJsonString());

    private static void AssertSame(JsonObject expected, JsonElement bound, string at) =>
        Assert.True(
            JsonNode.DeepEquals(expected, JsonNode.Parse(bound.GetRawText())), $"{at}: {bound} instead of {expected.ToJsonString()}");
}

/// <param name="Meant">JSON of the value that it stands for; null: it is ambiguous, and refused.</param>
/// <param name="IsAbsent">It stands for an argument that is not given.</param>
internal sealed record KnownMistake(string Sent, string? Meant, bool IsAbsent = false)
{
    public static IEnumerable<KnownMistake> Of(PublishedArgument argument)
    {
        var value = argument.Sample();
        yield return argument.IsRequired ? new("null", null) : new("null", "", IsAbsent: true);
        foreach (var mistake in OfType(argument, value))
            yield return mistake;
    }

    private static IEnumerable<KnownMistake> OfType(PublishedArgument argument, string value) => argument.Type switch
    {
        "integer" =>
        [
            new($"\"{value}\"", value), new($"\" {value} \"", value), new($"{value}.0", value), new($"\"{value}.00\"", value),
            new("0.5", null), new("\"soon\"", null), new("true", null), new($"[{value}]", null), new("{}", null), new("\"\"", null),
        ],
        "number" => [new($"\"{value}\"", value), new($"\"{value} \"", value), new("\"soon\"", null), new("true", null), new("[1]", null)],
        "boolean" =>
        [
            new("\"true\"", "true"), new("\"False\"", "false"), new("\"true \"", "true"),
            new("1", null), new("\"yes\"", null), new("\"\"", null), new("[true]", null),
        ],
        "array" when argument.IsCmd =>
        [
            new("\"[\\\"ls\\\", \\\"-l\\\"]\"", "[\"ls\",\"-l\"]"), new("[\"sleep\", 5]", "[\"sleep\",\"5\"]"),
            new("\"ls\"", null), new("5", null), new("{}", null), new("[null]", null), new("[[\"ls\"]]", null),
        ],
        "array" =>
        [
            new(value[1..^1], value), new(Text(value), value), new(Text(value[1..^1]), value), new(Text($" {value}\n"), value),
            new("\"x\"", null), new("5", null), new("true", null), new("\"[{]\"", null),
        ],
        "object" when argument.IsMap =>
        [
            new("\"A=1\"", "{\"A\":\"1\"}"), new("[\"A=1\", \"B=x=y z\"]", "{\"A\":\"1\",\"B\":\"x=y z\"}"),
            new("\"[\\\"A=1\\\"]\"", "{\"A\":\"1\"}"), new("\"{\\\"A\\\": 1}\"", "{\"A\":\"1\"}"), new("{\"A\": true}", "{\"A\":\"true\"}"),
            new("\"A=1 B=2\"", null), new("\"A\"", null), new("[\"A\"]", null), new("[1]", null), new("5", null), new("true", null),
            new("{\"A\": null}", "{}"), new("{\"A\": [1]}", null),
        ],
        "object" => [new(Text(value), value), new("\"x\"", null), new("5", null), new("[]", null)],
        _ => OfText(argument, value),
    };

    private static IEnumerable<KnownMistake> OfText(PublishedArgument argument, string value) => argument.Words switch
    {
        [] =>
        [
            new("5", argument.IsNumberAmbiguous ? null : "\"5\""), new("true", null), new("[\"a\"]", null), new("{\"a\": 1}", null),
            new("\" a \"", "\" a \""),
        ],
        _ =>
        [
            new(value.ToUpperInvariant(), value), new($"{value[..^1]} \"", value),
            new("\"nosuch\"", null), new("5", null), new("true", null), new($"[{value}]", null),
        ],
    };

    private static string Text(string json) => JsonValue.Create(json).ToJsonString();
}

/// <summary>An argument by the published schema, at any depth, with what makes a whole call of a value for it.</summary>
internal sealed record PublishedArgument(
    DevBenchTool Tool, string Path, string Name, JsonElement Schema, bool IsRequired, Func<string?, string, JsonObject> Around)
{
    public string Type => Schema.GetProperty("type").GetString()!;

    public bool IsCmd => Name == "cmd";

    public bool IsMap => Schema.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object;

    /// <summary>Text for which a number is not its text.</summary>
    public bool IsNumberAmbiguous => Name is "mode" or "content" or "shell" or "stdin";

    public IReadOnlyList<string> Words =>
        Schema.TryGetProperty("enum", out var words) ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [];

    /// <summary>What an error says that it should be.</summary>
    public string Expectation => (Type, Words.Count) switch
    {
        ("string", > 0) => "must be one of",
        ("string", _) => "must be a string",
        ("integer", _) => "must be a whole number",
        ("number", _) => "must be a number",
        ("boolean", _) => "must be true or false",
        ("array", _) => IsCmd ? "must be " : "must be an array of objects with ",
        _ => IsMap ? "must be " : "must be an object with ",
    };

    public static IEnumerable<PublishedArgument> Of(DevBenchTool tool)
    {
        var schema = tool.ProtocolTool.InputSchema;
        return In(tool, schema, "", (value, name) => Whole(schema, value, name));
    }

    /// <param name="value">JSON; null leaves it out.</param>
    public JsonObject With(string? value, string? name = null) => Around(value, name ?? Name);

    public string Sample() => Sample(Name, Schema);

    private static IEnumerable<PublishedArgument> In(
        DevBenchTool tool, JsonElement schema, string path, Func<string?, string, JsonObject> around)
    {
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var (name, value) = (property.Name, property.Value);
            yield return new(
                tool, path + name, name, value, Required(schema).Contains(name),
                (given, sent) => around(given is null ? null : $"{{\"{sent}\":{given}}}", name));
            var inner = value.TryGetProperty("items", out var items) ? items : value;
            var isMap = value.TryGetProperty("additionalProperties", out var entries) && entries.ValueKind == JsonValueKind.Object;
            if (isMap || !inner.TryGetProperty("properties", out _))
                continue;
            var isArray = items.ValueKind == JsonValueKind.Object;
            var nested = In(tool, inner, $"{path}{name}{(isArray ? "[0]" : "")}.", (given, left) =>
            {
                var item = Whole(inner, given, left).ToJsonString();
                return around($"{{\"{name}\":{(isArray ? $"[{item}]" : item)}}}", name);
            });
            foreach (var argument in nested)
                yield return argument;
        }
    }

    /// <summary>The required members and the given one.</summary>
    /// <param name="given">An object with one member; null: none.</param>
    private static JsonObject Whole(JsonElement schema, string? given, string name)
    {
        var whole = new JsonObject();
        foreach (var required in Required(schema).Where(required => required != name))
            whole[required] = JsonNode.Parse(Sample(required, schema.GetProperty("properties").GetProperty(required)));
        foreach (var (sent, value) in given is null ? [] : JsonNode.Parse(given)!.AsObject())
            whole[sent] = value?.DeepClone();
        return whole;
    }

    private static List<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];

    private static string Sample(string name, JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out var words))
            return words[0].GetRawText();
        return schema.GetProperty("type").GetString() switch
        {
            "integer" or "number" => schema.TryGetProperty("minimum", out var minimum)
                ? Math.Max(1, Math.Ceiling(minimum.GetDouble())).ToString(CultureInfo.InvariantCulture)
                : "1",
            "boolean" => "true",
            "array" => schema.GetProperty("items").TryGetProperty("properties", out _)
                ? $"[{Whole(schema.GetProperty("items"), null, "").ToJsonString()}]"
                : "[\"ls\"]",
            "object" => schema.TryGetProperty("required", out _) ? Whole(schema, null, "").ToJsonString() : "{\"A\":\"1\"}",
            _ => $"\"{name[..1]}\"",
        };
    }
}
