using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>The containers' states as Docker reports them now, for listings: the database learns of a change only at its next sweep.</summary>
internal sealed class EngineStates(EngineContainers containers, TimeProvider time)
{
    /// <summary>A listing is answered without Docker where that takes longer.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private Task _underWay = Task.CompletedTask;
    private Task<Dictionary<string, string>>? _next;

    /// <returns>Docker's words by its ids; null if Docker does not answer.</returns>
    public async Task<IReadOnlyDictionary<string, string>?> ReadAsync(CancellationToken cancellationToken)
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
    private Task<Dictionary<string, string>> Next()
    {
        lock (_lock)
            return _next ??= LookAsync(_underWay);
    }

    private async Task<Dictionary<string, string>> LookAsync(Task before)
    {
        CallDeadline.Leave();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
            (_underWay, _next) = (_next!, null);
        return (await containers.ListAsync(Ownership.Label, CancellationToken.None))
            .ToDictionary(container => container.DockerId, container => container.State);
    }
}
