using System.Globalization;
using System.Text.Json.Nodes;

namespace McpDevBench.Mcp;

/// <summary>
/// Bounds and defaults of a tool's arguments that come from the server's settings, so that what is published, what is checked and what is
/// answered agree.
/// </summary>
internal sealed class ArgumentLimits
{
    private readonly List<(string Argument, Action<JsonObject> Apply)> _checked = [];
    private readonly List<(string Argument, Action<JsonObject> Apply)> _published = [];

    /// <param name="setting">What the operator raises the maximum with.</param>
    public ArgumentLimits Between(string argument, decimal minimum, decimal maximum, string? setting = null)
    {
        _checked.Add((argument, schema =>
        {
            schema["minimum"] = minimum;
            schema["maximum"] = maximum;
            if (setting is not null)
                schema[ToolSchema.Setting] = setting;
        }));
        return this;
    }

    /// <summary>What the argument is without being given.</summary>
    public ArgumentLimits Default(string argument, JsonNode value)
    {
        _published.Add((argument, schema => schema["default"] = value.DeepClone()));
        return this;
    }

    /// <summary>
    /// Of the words that the argument may be, those that policy allows. The others are still understood, so that policy can refuse them
    /// with its reason.
    /// </summary>
    public ArgumentLimits Allowed(string argument, params IEnumerable<string> words)
    {
        _published.Add((argument, schema => schema["enum"] = Array()));
        _checked.Add((argument, schema => schema[ToolSchema.Offered] = Array()));
        return this;

        JsonArray Array() => new([.. words.Select(word => (JsonNode?)JsonValue.Create(word))]);
    }

    public void Apply(JsonObject schema) => Apply(_checked, schema);

    public void Narrow(JsonObject schema) => Apply(_published, schema);

    private static void Apply(List<(string Argument, Action<JsonObject> Apply)> limits, JsonObject schema)
    {
        foreach (var (argument, apply) in limits)
            apply((schema["properties"]?[argument] ?? throw new InvalidOperationException($"no argument '{argument}'")).AsObject());
    }
}

internal static class SchemaNumbers
{
    /// <summary>A bound, whatever type of number it was made from.</summary>
    public static decimal Number(this JsonNode bound) =>
        decimal.Parse(bound.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
}
