using McpDevBench.Workspaces;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What could come next while a person types an argument of a prompt or a resource: their workspaces, and images that may be used.</summary>
internal sealed class Completions(WorkspaceService containers, ImageList images)
{
    // The protocol's limit.
    private const int Maximum = 100;

    private static readonly string[] _packageManagers = ["npm", "pnpm", "yarn"];

    public void Install(McpServerOptions options) => options.Handlers.CompleteHandler = CompleteAsync;

    private async ValueTask<CompleteResult> CompleteAsync(RequestContext<CompleteRequestParams> request, CancellationToken cancellationToken)
    {
        var (argument, prefix) = (request.Params.Argument.Name, request.Params.Argument.Value);
        var known = argument switch
        {
            "container_id" => containers.Aliases(Caller.Of(request.User)),
            "image" => await images.NamesAsync(cancellationToken),
            "package_manager" => _packageManagers,
            _ => [],
        };
        var found = Matching(prefix, known);
        return new CompleteResult { Completion = new Completion { Values = [.. found.Take(Maximum)], Total = found.Count, HasMore = found.Count > Maximum } };
    }

    /// <summary>What begins with the text; if nothing does, what contains it; if nothing does, what is most like it.</summary>
    internal static IReadOnlyList<string> Matching(string text, IReadOnlyList<string> known)
    {
        List<string> begin = [.. known.Where(name => name.StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        if (begin.Count > 0)
            return begin;
        List<string> within = [.. known.Where(name => name.Contains(text, StringComparison.OrdinalIgnoreCase))];
        if (within.Count > 0)
            return within;
        return Nearest.To(text, known) is { } nearest ? [nearest] : [];
    }
}
