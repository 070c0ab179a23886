using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>
/// Lists have a fixed order and a time to live. They are private: which entries there are can depend on the caller.
/// </summary>
internal static class ListFilters
{
    private static readonly TimeSpan _listsKeep = TimeSpan.FromMinutes(5);

    public static void Install(McpServerOptions options, bool withOutputSchemas, ToolNames names)
    {
        var filters = options.Filters.Request;
        var described = new ConcurrentDictionary<string, Tool>();
        filters.ListToolsFilters.Add(next => async (request, cancellationToken) =>
        {
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (_listsKeep, CacheScope.Private);
            var tools = result.Tools.OrderBy(tool => ToolCatalogue.Position(tool.Name)).ThenBy(tool => tool.Name, StringComparer.Ordinal);
            result.Tools = [.. tools.Select(tool => described.GetOrAdd(tool.Name, _ => Described(tool, withOutputSchemas, names)))];
            return result;
        });
        filters.ListPromptsFilters.Add(next => async (request, cancellationToken) =>
        {
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (_listsKeep, CacheScope.Private);
            result.Prompts = [.. result.Prompts.OrderBy(prompt => prompt.Name, StringComparer.Ordinal)];
            return result;
        });
        filters.ListResourcesFilters.Add(next => async (request, cancellationToken) =>
        {
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (_listsKeep, CacheScope.Private);
            return result;
        });
        filters.ListResourceTemplatesFilters.Add(next => async (request, cancellationToken) =>
        {
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (_listsKeep, CacheScope.Private);
            result.ResourceTemplates = [.. result.ResourceTemplates.OrderBy(template => template.UriTemplate, StringComparer.Ordinal)];
            return result;
        });
        filters.ReadResourceFilters.Add(next => async (request, cancellationToken) =>
        {
            // Files change at any time.
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (TimeSpan.Zero, CacheScope.Private);
            return result;
        });
    }

    /// <summary>A tool as it is published: its texts name only tools that are.</summary>
    private static Tool Described(Tool tool, bool withOutputSchema, ToolNames names) => new()
    {
        Name = tool.Name,
        Title = tool.Title,
        Description = tool.Description is { } text && names.In(text) is { Length: > 0 } left ? left : tool.Title,
        InputSchema = Described(tool.InputSchema, names),
        OutputSchema = withOutputSchema ? tool.OutputSchema : null,
        Annotations = tool.Annotations,
    };

    private static JsonElement Described(JsonElement schema, ToolNames names)
    {
        if (!names.IsNamedIn(schema.GetRawText()))
            return schema;
        var described = JsonObject.Create(schema)!;
        Describe(described, names);
        return JsonSerializer.SerializeToElement(described, McpJson.Default.JsonObject);
    }

    private static void Describe(JsonNode? node, ToolNames names)
    {
        switch (node)
        {
            case JsonArray items:
                foreach (var item in items)
                    Describe(item, names);
                break;
            case JsonObject members:
                if (members["description"] is JsonValue text && text.TryGetValue<string>(out var given) && names.IsNamedIn(given))
                {
                    members.Remove("description");
                    if (names.In(given) is { Length: > 0 } offered)
                        members["description"] = offered;
                }
                foreach (var (_, member) in members.ToList())
                    Describe(member, names);
                break;
        }
    }
}
