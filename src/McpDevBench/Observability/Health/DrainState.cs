namespace McpDevBench.Observability.Health;

/// <summary>Whether the server is shutting down: what has begun is finished, nothing new that changes something is begun.</summary>
internal sealed class DrainState
{
    private volatile bool _draining;

    public bool IsDraining => _draining;

    public void Begin() => _draining = true;
}
