using McpDevBench.Observability;
using McpDevBench.Workspaces;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>Completes arguments of prompts and resources: the caller's workspaces, and images that policy allows.</summary>
internal sealed class Completions(WorkspaceService workspaces, ImageList images)
{
    /// <summary>The limit of the protocol.</summary>
    private const int MaxValues = 100;

    private static readonly string[] _packageManagers = ["npm", "pnpm", "yarn"];

    public void Install(McpServerOptions options) => options.Handlers.CompleteHandler = CompleteAsync;

    private async ValueTask<CompleteResult> CompleteAsync(
        RequestContext<CompleteRequestParams> request, CancellationToken cancellationToken)
    {
        var (argument, prefix) = (request.Params.Argument.Name, request.Params.Argument.Value);
        var known = argument switch
        {
            "container_id" => workspaces.Aliases(CallFacts.Current!.Caller),
            "image" => await images.NamesAsync(cancellationToken),
            "package_manager" => _packageManagers,
            _ => [],
        };
        var found = Matching(prefix, known);
        var values = found.Take(MaxValues).ToList();
        return new CompleteResult
        {
            Completion = new Completion { Values = values, Total = found.Count, HasMore = found.Count > values.Count },
        };
    }

    /// <summary>The names that begin with a text; else those that contain it; else the nearest.</summary>
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
