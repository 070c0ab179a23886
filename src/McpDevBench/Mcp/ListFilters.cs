using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>Lists have a fixed order and say how long they may be kept. What a caller may see can depend on who calls, so nobody may share them.</summary>
internal static class ListFilters
{
    private static readonly TimeSpan _listsKeep = TimeSpan.FromMinutes(5);

    public static void Install(McpServerOptions options, bool withOutputSchemas)
    {
        var filters = options.Filters.Request;
        filters.ListToolsFilters.Add(next => async (request, cancellationToken) =>
        {
            var result = await next(request, cancellationToken);
            (result.TimeToLive, result.CacheScope) = (_listsKeep, CacheScope.Private);
            var tools = result.Tools.OrderBy(tool => ToolCatalogue.Position(tool.Name)).ThenBy(tool => tool.Name, StringComparer.Ordinal);
            result.Tools = [.. withOutputSchemas ? tools : tools.Select(WithoutOutputSchema)];
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

    private static Tool WithoutOutputSchema(Tool tool) => new()
    {
        Name = tool.Name,
        Title = tool.Title,
        Description = tool.Description,
        InputSchema = tool.InputSchema,
        Annotations = tool.Annotations,
    };
}
