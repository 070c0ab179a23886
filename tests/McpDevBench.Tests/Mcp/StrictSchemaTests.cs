using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using McpDevBench.Workspaces;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>The published schemas stay within what the strictest model APIs accept, and agree with what the binder does.</summary>
public sealed class StrictSchemaTests : IDisposable
{
    private const int MaxNameLength = 40;

    private static readonly string[] _words =
        ["type", "properties", "required", "items", "additionalProperties", "description", "default", "enum", "minimum", "maximum"];
    private static readonly string[] _types = ["string", "integer", "number", "boolean", "array", "object"];

    private readonly TestServer _server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });

    private IEnumerable<DevBenchTool> Tools => _server.Services.GetServices<McpServerTool>().Cast<DevBenchTool>();

    [Fact]
    public void Strict_model_apis_accept_every_schema()
    {
        foreach (var tool in Tools.Select(tool => tool.ProtocolTool))
        {
            Assert.True(tool.Name.Length <= MaxNameLength, tool.Name);
            Check(tool.Name, tool.InputSchema);
            CheckResult(tool.Name, tool.OutputSchema!.Value);
        }
    }

    /// <summary>OpenAI refuses deep and wide schemas, Gemini an enum with an empty word or a name that is no identifier.</summary>
    [Fact]
    public void Names_words_and_depth_suit_every_model_api()
    {
        foreach (var tool in Tools.Select(tool => tool.ProtocolTool))
        {
            var places = Places(tool.InputSchema).ToList();
            Assert.InRange(places.Count, 0, 100);
            foreach (var (path, schema, _) in places)
            {
                Assert.InRange(path.Count(character => character == '.'), 0, 3);
                Assert.Matches("^[A-Za-z][A-Za-z0-9_]{0,63}$", path.Split('.')[^1]);
                if (schema.TryGetProperty("enum", out var words))
                    Assert.All(words.EnumerateArray(), word => Assert.False(string.IsNullOrEmpty(word.GetString()), path));
            }
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
    public void Every_argument_is_a_parameter_that_a_client_means_to_give()
    {
        foreach (var property in JsonTypes()
            .SelectMany(type => type.Properties).Where(property => property.Get is not null || property.Set is not null))
            Assert.True(
                property.AssociatedParameter is not null,
                $"{property.DeclaringType.Name}.{property.Name} is published, but computed: mark it [JsonIgnore]");
    }

    /// <summary>What is null is left out of a result, so a member that may be null is not always there.</summary>
    [Fact]
    public void The_members_that_a_result_always_has_are_those_that_are_never_null()
    {
        var nullability = new NullabilityInfoContext();
        foreach (var tool in Tools)
        {
            var result = tool.GetType().BaseType!.GetGenericArguments()[1];
            var members = result.GetConstructors().Single(
                one => one.GetParameters().Length > 0 && one.GetParameters()[0].ParameterType != result)
                .GetParameters();
            var always = members.Where(
                member => !member.HasDefaultValue && nullability.Create(member).ReadState == NullabilityState.NotNull);
            Assert.Equal(
                always.Select(member => JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name!)).Order(),
                tool.ProtocolTool.OutputSchema!.Value.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order());
            Assert.All(members, member => Assert.True(
                !member.HasDefaultValue
                    || nullability.Create(member).ReadState == NullabilityState.Nullable, $"{result.Name}.{member.Name}"));
        }
    }

    [Fact]
    public void Published_limits_are_those_of_the_settings()
    {
        using var server = TestServer.Whole(new()
        {
            ["MCP_MAX_EXEC_TIMEOUT"] = "100",
            ["MCP_DEFAULT_EXEC_TIMEOUT"] = "50",
            ["MCP_MAX_MEMORY_MB"] = "2000",
            ["MCP_CONTAINER_MEMORY_LIMIT"] = "700",
            ["MCP_MAX_CPUS"] = "1.5",
            ["MCP_ALLOW_NETWORK"] = "true",
            ["MCP_DEFAULT_CONTAINER_TTL"] = "60",
            ["MCP_DEFAULT_IMAGE_ALIAS"] = "alpine:3",
        });
        var tools = server.Services.GetServices<McpServerTool>().Cast<DevBenchTool>().ToDictionary(tool => tool.ProtocolTool.Name);
        var spawn = tools["spawn"].ProtocolTool.InputSchema.GetProperty("properties");
        Assert.Equal("700 32 2000", Limits(spawn.GetProperty("memory_mb")));
        Assert.Equal("1 0.1 1.5", Limits(spawn.GetProperty("cpus")));
        Assert.Equal(60, spawn.GetProperty("ttl_s").GetProperty("default").GetInt32());
        Assert.Equal("alpine:3", spawn.GetProperty("image").GetProperty("default").GetString());
        Assert.Equal(
            ["none", "bridge"], spawn.GetProperty("network").GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal(
            ["none"],
            Tools.Single(tool => tool.ProtocolTool.Name == "spawn").ProtocolTool.InputSchema
                .GetProperty("properties").GetProperty("network").GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
        foreach (var name in new[] { "exec", "exec_start" })
        {
            Assert.Equal(
                100,
                tools[name].ProtocolTool.InputSchema.GetProperty("properties").GetProperty("timeout_s").GetProperty("maximum").GetInt32());
            Assert.NotNull(Mistake(tools[name], """{"timeout_s":101}""", "timeout_s"));
            Assert.Null(Mistake(tools[name], """{"timeout_s":100}""", "timeout_s"));
        }
        var refusal = Assert.Throws<RequestException>(() => tools["spawn"].Shape.Bind(JsonElement.Parse("""{"memory_mb":2001}""")));
        Assert.Contains("MCP_MAX_MEMORY_MB", refusal.Hint);
    }

    [Theory]
    [InlineData("memory_mb")]
    [InlineData("cpus")]
    [InlineData("ttl_s")]
    [InlineData("idle_ttl_s")]
    public void What_spawn_publishes_is_what_a_spawn_accepts(string argument)
    {
        var schema = Tools.Single(tool => tool.ProtocolTool.Name == "spawn").ProtocolTool.InputSchema
            .GetProperty("properties").GetProperty(argument);
        var options = _server.Services.GetRequiredService<WorkspaceOptions>();
        foreach (var (bound, beyond) in new[] { ("minimum", -1), ("maximum", 1) })
        {
            // A minimum of 1 is not published.
            var limit = schema.TryGetProperty(bound, out var published) ? published.GetDouble() : 1;
            SpawnPlan.Of(Request(argument, limit), options);
            Assert.Contains(
                argument, Assert.Throws<RequestException>(() => SpawnPlan.Of(Request(argument, limit + beyond), options)).Message);
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
    private static IEnumerable<(string Path, JsonElement Schema, Func<object, string> Wrap)> Places(
        JsonElement schema, string path = "", Func<string, string>? around = null)
    {
        around ??= inner => inner;
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            yield return (
                at, property.Value, value => around(Object(property.Name, string.Create(CultureInfo.InvariantCulture, $"{value}"))));
            var type = property.Value.GetProperty("type").GetString();
            if (type == "object")
            {
                foreach (var nested in Places(property.Value, at, inner => around(Object(property.Name, inner))))
                    yield return nested;
            }
            if (type == "array" && property.Value.GetProperty("items").TryGetProperty("properties", out _))
            {
                var items = property.Value.GetProperty("items");
                foreach (var nested in Places(items, $"{at}[0]", inner => around(Object(property.Name, $"[{inner}]"))))
                    yield return nested;
            }
        }
    }

    private static SpawnRequest Request(string argument, double value) => argument switch
    {
        "memory_mb" => new() { MemoryMb = (int)value },
        "cpus" => new() { Cpus = value },
        "ttl_s" => new() { TimeToLiveSeconds = (int)value },
        _ => new() { IdleTimeToLiveSeconds = (int)value },
    };

    private static string Limits(JsonElement schema) =>
        $"{schema.GetProperty("default")} {schema.GetProperty("minimum")} {schema.GetProperty("maximum")}";

    private static IEnumerable<JsonTypeInfo> JsonTypes() => typeof(ToolCatalogue).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Arguments", StringComparison.Ordinal))
        .Select(type => McpJson.Default.GetTypeInfo(type)).OfType<JsonTypeInfo>();

    private static void CheckResult(string tool, JsonElement schema)
    {
        Assert.Equal(["required", "type"], schema.EnumerateObject().Select(word => word.Name).Order());
        Assert.Equal("object", schema.GetProperty("type").GetString());
        var names = schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).ToList();
        Assert.True(names.Count > 0 && names.Distinct().Count() == names.Count, tool);
    }

    private static string Object(string name, string value) => $"{{\"{name}\":{value}}}";

    /// <returns>The binder's objection to the argument; an objection to others, which are left out here, does not matter.</returns>
    private static string? Mistake(DevBenchTool tool, string arguments, string path)
    {
        try
        {
            tool.Shape.Bind(JsonElement.Parse(arguments));
            return null;
        }
        catch (RequestException refusal)
        {
            return refusal.Message.Contains($"'{path}'", StringComparison.Ordinal) ? refusal.Message : null;
        }
    }

    private static void Check(string at, JsonElement schema)
    {
        foreach (var word in schema.EnumerateObject())
            Assert.True(_words.Contains(word.Name), $"{at}: the keyword '{word.Name}'");
        Assert.True(
            schema.GetProperty("type") is { ValueKind: JsonValueKind.String } type && _types.Contains(type.GetString()), $"{at}: the type");
        if (schema.TryGetProperty("enum", out var allowed))
            Assert.True(
                allowed.GetArrayLength() > 0 && allowed.EnumerateArray().All(word => word.ValueKind == JsonValueKind.String),
                $"{at}: the enum");
        if (schema.TryGetProperty("description", out var description))
            Assert.InRange(description.GetString()!.Length, 3, 1024);
        switch (schema.GetProperty("type").GetString())
        {
            case "array":
                Check($"{at}[]", schema.GetProperty("items"));
                break;
            case "object":
                CheckObject(at, schema);
                break;
            default:
                Assert.False(
                    schema.TryGetProperty("properties", out _) || schema.TryGetProperty("items", out _),
                    $"{at}: members of a {schema.GetProperty("type")}");
                break;
        }
    }

    private static void CheckObject(string at, JsonElement schema)
    {
        var properties = schema.GetProperty("properties").EnumerateObject().ToList();
        foreach (var property in properties)
            Check($"{at}.{property.Name}", property.Value);
        if (schema.TryGetProperty("required", out var required))
            Assert.Empty(required.EnumerateArray().Select(name => name.GetString()!).Except(properties.Select(property => property.Name)));
        // A map of names to strings is the only open object; it names an example, since some APIs refuse an object without a property.
        if (schema.TryGetProperty("additionalProperties", out var additional))
            Assert.True(properties.Count == 1 && additional.GetProperty("type").GetString() == "string", $"{at}: the entries");
        else
            Assert.True(properties.Count > 0 || !at.Contains('.', StringComparison.Ordinal), $"{at}: no properties");
    }
}
