namespace McpDevBench.Observability.Health;

/// <summary>Whether the server has started: all its health checks are registered.</summary>
internal sealed class StartState
{
    /// <summary>Names the check that fails until then.</summary>
    public const string Name = "startup";

    private volatile bool _isComplete;

    public bool IsComplete => _isComplete;

    public void Complete() => _isComplete = true;
}
