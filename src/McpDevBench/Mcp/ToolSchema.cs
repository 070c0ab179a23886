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

/// <summary>The argument is understood (or the member of a result may be there), but not listed: another tool's schema explains it, or hardly anybody needs it. Every byte of a list is read by every model.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class UnlistedAttribute : Attribute;

/// <summary>What is within is not listed: another tool's schema explains it.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class BriefAttribute : Attribute;

/// <summary>
/// Makes the schema of a record with what models need and strict clients accept: descriptions, bounds and defaults from the constructor's parameters, and no
/// <c>null</c> among the types (what is optional is left out).
/// </summary>
internal static class ToolSchema
{
    /// <summary>A mark for <see cref="ArgumentShape"/> that is not published.</summary>
    public const string Large = "x-large";
    private const string Unlisted = "x-unlisted";
    private const string Brief = "x-brief";

    // A bound that nobody means to reach is enforced, but tells a model nothing.
    private const long Unbounded = 1_000_000;

    public static JsonObject OfArguments(JsonTypeInfo type) => Export(type, Describe);

    public static JsonObject OfResult(JsonTypeInfo type) => Export(type, Thin);

    /// <summary>
    /// The schema as clients see it, without what goes without saying: that nothing unknown is accepted (it is answered with the names that are), that a
    /// flag is off unless it is turned on, and that there is no less than nothing or than one of a thing.
    /// </summary>
    public static JsonElement Publish(JsonObject schema)
    {
        var published = (JsonObject)schema.DeepClone();
        Trim(published);
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
                case UnlistedAttribute:
                    schema[Unlisted] = true;
                    break;
                case BriefAttribute:
                    schema[Brief] = true;
                    break;
            }
        }
        return schema;
    }

    /// <summary>A result's schema names every member: those that are always there, and those that may be, with their types. That is what the budget of a list leaves.</summary>
    private static JsonNode Thin(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        RemoveNull(schema);
        schema.Remove("default");
        schema.Remove("additionalProperties");
        schema.Remove("items");
        if (context.PropertyInfo?.AssociatedParameter?.AttributeProvider?.IsDefined(typeof(UnlistedAttribute), inherit: false) == true)
            schema[Unlisted] = true;
        if (context.PropertyInfo is not null || schema["properties"] is not JsonObject properties)
        {
            schema.Remove("properties");
            schema.Remove("required");
            return schema;
        }
        foreach (var name in schema["required"]?.AsArray() ?? [])
            properties.Remove(name!.GetValue<string>());
        if (properties.Count == 0)
            schema.Remove("properties");
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

    private static void Trim(JsonObject schema)
    {
        schema.Remove(Large);
        if (schema.Remove(Brief))
            schema["items"] = new JsonObject { ["type"] = "object" };
        schema.Remove("additionalProperties");
        if (schema["default"] is JsonValue value && value.TryGetValue(out bool on) && !on)
            schema.Remove("default");
        if (schema["maximum"]?.GetValue<long>() >= Unbounded)
            schema.Remove("maximum");
        if (schema["minimum"]?.GetValue<long>() is 0 or 1)
            schema.Remove("minimum");
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var name in properties.Where(property => property.Value?[Unlisted] is not null).Select(property => property.Key).ToArray())
                properties.Remove(name);
        }
        foreach (var (_, child) in schema)
        {
            if (child is JsonObject nested)
                Trim(nested);
        }
    }
}
