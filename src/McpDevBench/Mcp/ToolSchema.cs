using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace McpDevBench.Mcp;

/// <summary>The smallest and the largest number that an argument may be. A bound of the argument's own type is not published.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class BetweenAttribute(long minimum, long maximum) : Attribute
{
    public long Minimum => minimum;
    public long Maximum => maximum;
}

/// <summary>The words that an argument may be.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class OneOfAttribute(params string[] words) : Attribute
{
    public IReadOnlyList<string> Words => words;
}

/// <summary>The argument may be as large as a request may be.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class LargeAttribute : Attribute;

/// <summary>
/// A name that the argument, a map of names to strings, often has. Some model APIs refuse an object without any named property.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class SuchAsAttribute(string name) : Attribute
{
    public string Name => name;
}

/// <summary>What to do instead, for a value of the argument that does not fit: the hint of the refusal.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class InsteadAttribute(string hint) : Attribute
{
    public string Hint => hint;
}

/// <summary>The argument is understood only so that it can be refused with a reason. It is not published.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class NeverAllowedAttribute : Attribute;

/// <summary>
/// The schema of a record: descriptions, bounds and defaults come from the constructor's parameters and from the server's settings. It
/// stays within what the strictest model APIs accept: one type for each value, properties on every object, no <c>null</c> (an optional
/// argument is left out).
/// </summary>
internal static class ToolSchema
{
    /// <summary>A mark for <see cref="ArgumentShape"/> that is not published.</summary>
    public const string Large = "x-large";

    /// <summary>A mark for <see cref="ArgumentShape"/> that is not published.</summary>
    public const string NeverAllowed = "x-never-allowed";

    /// <summary>A mark for <see cref="ArgumentShape"/> that is not published.</summary>
    public const string Instead = "x-instead";

    /// <summary>The setting that raises a maximum: for <see cref="ArgumentShape"/>, not published.</summary>
    public const string Setting = "x-setting";

    /// <summary>The words of an enum that policy allows: what an error offers.</summary>
    public const string Offered = "x-offered";

    /// <summary>Larger numbers are not exact in JavaScript, so a larger bound is not published.</summary>
    private const decimal MaxPublished = 9_007_199_254_740_991;

    public static JsonObject OfArguments(JsonTypeInfo type, ArgumentLimits? limits = null)
    {
        var schema = Export(type, Describe);
        limits?.Apply(schema);
        return schema;
    }

    public static JsonObject OfResult(JsonTypeInfo type) => Export(type, OnlyRequired);

    /// <summary>The arguments' schema as clients see it.</summary>
    public static JsonElement PublishArguments(JsonObject schema, ArgumentLimits? limits)
    {
        var published = (JsonObject)schema.DeepClone();
        limits?.Narrow(published);
        Trim(published);
        return JsonSerializer.SerializeToElement(published, McpJson.Default.JsonObject);
    }

    public static JsonElement PublishResult(JsonObject schema) => JsonSerializer.SerializeToElement(schema, McpJson.Default.JsonObject);

    private static JsonObject Export(JsonTypeInfo type, Func<JsonSchemaExporterContext, JsonNode, JsonNode> transform) =>
        (JsonObject)type.GetJsonSchemaAsNode(new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = transform });

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        var schema = Plain(node);
        if (context.PropertyInfo?.AssociatedParameter?.AttributeProvider is not { } parameter)
            return schema;
        foreach (var attribute in parameter.GetCustomAttributes(inherit: false))
        {
            switch (attribute)
            {
                case DescriptionAttribute description:
                    schema["description"] = description.Description;
                    break;
                case BetweenAttribute between:
                    schema["minimum"] = between.Minimum;
                    schema["maximum"] = between.Maximum;
                    break;
                case OneOfAttribute oneOf:
                    schema["enum"] = new JsonArray([.. oneOf.Words.Select(word => (JsonNode?)JsonValue.Create(word))]);
                    break;
                case SuchAsAttribute suchAs:
                    schema["properties"] = new JsonObject { [suchAs.Name] = new JsonObject { ["type"] = "string" } };
                    break;
                case LargeAttribute:
                    schema[Large] = true;
                    break;
                case InsteadAttribute instead:
                    schema[Instead] = instead.Hint;
                    break;
                case NeverAllowedAttribute:
                    schema[NeverAllowed] = true;
                    break;
            }
        }
        return schema;
    }

    /// <summary>
    /// A result's schema names the members that are always there. Models do not need more, since they see the result itself, and the budget
    /// of a list belongs to the arguments.
    /// </summary>
    private static JsonNode OnlyRequired(JsonSchemaExporterContext context, JsonNode node)
    {
        var schema = Plain(node);
        foreach (var word in schema.Select(word => word.Key).Except(["type", "required"]).ToArray())
            schema.Remove(word);
        return schema;
    }

    /// <summary>One type, no null, and properties on every object. JSON of any kind is an object in all our results.</summary>
    private static JsonObject Plain(JsonNode node)
    {
        var schema = node as JsonObject ?? new JsonObject { ["type"] = "object" };
        if (schema.TryGetPropertyValue("default", out var value) && value is null)
            schema.Remove("default");
        if (schema["type"] is JsonArray types)
            schema["type"] = types.Select(type => type!.GetValue<string>()).Single(type => type != "null");
        var type = (string?)schema["type"];
        if (type == "object" && schema["properties"] is null)
            schema["properties"] = new JsonObject();
        // The exporter leaves out the schema of what may be any JSON.
        if (type == "array" && schema["items"] is null)
            schema["items"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() };
        return schema;
    }

    private static void Trim(JsonObject schema)
    {
        schema.Remove(Large);
        schema.Remove(Setting);
        schema.Remove(Offered);
        schema.Remove(Instead);
        if ((string?)schema["type"] == "object" && schema["properties"] is JsonObject properties)
        {
            foreach (var name in properties.Where(property => property.Value?[NeverAllowed] is not null)
                .Select(property => property.Key).ToArray())
                properties.Remove(name);
            foreach (var (_, child) in properties)
                Trim(child!.AsObject());
            // Only a map of names is open, and says so. Unknown names are refused with the nearest; some model APIs know no such keyword.
            if (schema["additionalProperties"] is not JsonObject)
                schema.Remove("additionalProperties");
        }
        if (schema["items"] is JsonObject items)
            Trim(items);
        // A flag is off unless it is given, as everywhere.
        if (schema["default"] is JsonValue value && value.TryGetValue(out bool on) && !on)
            schema.Remove("default");
        // A count or a size is at least that, as everywhere.
        if (schema["minimum"] is { } minimum && minimum.Number() is 0 or 1)
            schema.Remove("minimum");
        if (schema["maximum"] is { } maximum && (maximum.Number() is int.MaxValue or > MaxPublished))
            schema.Remove("maximum");
    }
}
