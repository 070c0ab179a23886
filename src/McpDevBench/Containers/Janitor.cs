namespace McpDevBench.Containers;

internal sealed class Janitor
{
    public Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken) => throw new NotImplementedException();
}
