namespace McpDevBench.Observability.Health;

/// <summary>
/// Whether the server has started: all its health checks are registered. Registered as a service after the rooms, it completes when they
/// have started.
/// </summary>
internal sealed class StartState : IHostedService
{
    /// <summary>Names the check that fails until then.</summary>
    public const string Name = "startup";

    private volatile bool _isComplete;

    public bool IsComplete => _isComplete;

    public void Complete() => _isComplete = true;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Complete();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
