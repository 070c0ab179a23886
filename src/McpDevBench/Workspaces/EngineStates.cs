using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// The states of containers as the engine reports them now, for lists: the database learns of a change at its next sweep.
/// </summary>
internal sealed class EngineStates(EngineContainers containers, TimeProvider time)
{
    /// <summary>A listing is answered without Docker where that takes longer.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private Task _underWay = Task.CompletedTask;
    private Task<Dictionary<ContainerId, ContainerState>>? _next;

    /// <returns>Null if Docker does not answer.</returns>
    public async Task<IReadOnlyDictionary<ContainerId, ContainerState>?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Next().WaitAsync(Timeout, time, cancellationToken);
        }
        catch (Exception e) when (e is RequestException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>One look at a time, shared by all who have asked since the last one began: none of them gets an older state.</summary>
    private Task<Dictionary<ContainerId, ContainerState>> Next()
    {
        lock (_lock)
            return _next ??= LookAsync(_underWay);
    }

    private async Task<Dictionary<ContainerId, ContainerState>> LookAsync(Task before)
    {
        CallDeadline.Leave();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
            (_underWay, _next) = (_next!, null);
        return (await containers.ListAsync(Ownership.Label, CancellationToken.None))
            .ToDictionary(container => container.Id, container => container.State);
    }
}
