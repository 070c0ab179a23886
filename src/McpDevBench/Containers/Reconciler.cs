namespace McpDevBench.Containers;

internal sealed class Reconciler
{
    public Task<Sweep> RunAsync(bool dryRun, CancellationToken cancellationToken) => throw new NotImplementedException();
}
