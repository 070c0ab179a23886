using McpDevBench.Access;
using McpDevBench.Containers;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What could come next while a person types an argument of a prompt or a resource: their workspaces, and images that may be used.</summary>
internal sealed class Completions(ContainerService containers, ImageList images)
{
    // The protocol's limit.
    private const int Maximum = 100;

    private static readonly string[] _packageManagers = ["npm", "pnpm", "yarn"];

    public void Install(McpServerOptions options) => options.Handlers.CompleteHandler = CompleteAsync;

    private async ValueTask<CompleteResult> CompleteAsync(RequestContext<CompleteRequestParams> request, CancellationToken cancellationToken)
    {
        var (argument, prefix) = (request.Params.Argument.Name, request.Params.Argument.Value);
        IReadOnlyList<string> found = argument switch
        {
            "container_id" => containers.Aliases(Principal.Of(request.User).Name, prefix),
            "image" => await images.NamesAsync(prefix, cancellationToken),
            "package_manager" => [.. _packageManagers.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))],
            _ => [],
        };
        return new CompleteResult { Completion = new Completion { Values = [.. found.Take(Maximum)], Total = found.Count, HasMore = found.Count > Maximum } };
    }
}
