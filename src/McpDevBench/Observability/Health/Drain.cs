namespace McpDevBench.Observability.Health;

/// <summary>Starts the drain when the server is asked to stop, before it stops listening.</summary>
internal sealed partial class Drain(DrainState state, IHostApplicationLifetime lifetime, ILogger<Drain> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() =>
        {
            state.Begin();
            LogDraining();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Server is draining")]
    private partial void LogDraining();
}
