namespace McpDevBench.Observability.Health;

/// <summary>Whether the server drains: running calls complete, calls that change something are rejected.</summary>
internal sealed class DrainState
{
    private volatile bool _draining;

    public bool IsDraining => _draining;

    public void Begin() => _draining = true;
}
