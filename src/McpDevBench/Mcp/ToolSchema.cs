using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace McpDevBench.Mcp;

/// <summary>The smallest and the largest number that an argument may be.</summary>
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
/// Makes the schema of a record with what models need and strict clients accept: descriptions, bounds and defaults from the constructor's parameters, and no
/// <c>null</c> among the types (what is optional is left out).
/// </summary>
internal static class ToolSchema
{
    /// <summary>A mark for <see cref="ArgumentShape"/> that is not published.</summary>
    public const string Large = "x-large";

    public static JsonObject OfArguments(JsonTypeInfo type) => Export(type, Describe);

    public static JsonObject OfResult(JsonTypeInfo type) => Export(type, Thin);

    /// <summary>The schema without marks of our own.</summary>
    public static JsonElement Publish(JsonObject schema)
    {
        var published = (JsonObject)schema.DeepClone();
        RemoveMarks(published);
        return JsonSerializer.SerializeToElement(published, McpJson.Default.JsonObject);
    }

    private static JsonObject Export(JsonTypeInfo type, Func<JsonSchemaExporterContext, JsonNode, JsonNode> transform) =>
        (JsonObject)type.GetJsonSchemaAsNode(new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = transform });

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        RemoveNull(schema);
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
                case LargeAttribute:
                    schema[Large] = true;
                    break;
            }
        }
        return schema;
    }

    /// <summary>A result's schema says types and what is always there; it may grow, so it forbids nothing.</summary>
    private static JsonNode Thin(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        RemoveNull(schema);
        schema.Remove("default");
        if (schema["additionalProperties"] is JsonValue)
            schema.Remove("additionalProperties");
        return schema;
    }

    private static void RemoveNull(JsonObject schema)
    {
        if (schema.TryGetPropertyValue("default", out var value) && value is null)
            schema.Remove("default");
        if (schema["type"] is not JsonArray types)
            return;
        var kept = types.Where(type => type!.GetValue<string>() != "null").Select(type => type!.GetValue<string>()).ToArray();
        schema["type"] = kept.Length == 1 ? kept[0] : new JsonArray([.. kept.Select(type => (JsonNode?)JsonValue.Create(type))]);
    }

    private static void RemoveMarks(JsonObject schema)
    {
        schema.Remove(Large);
        foreach (var (_, child) in schema)
        {
            if (child is JsonObject nested)
                RemoveMarks(nested);
        }
    }
}
