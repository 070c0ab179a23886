namespace McpDevBench.Files;

/// <summary>
/// How many transfers of the file endpoint a workspace serves at once. Each occupies one of the agent's workers for as long as its client
/// takes; the others stay free for the tools.
/// </summary>
internal sealed class TransferSlots(TimeProvider time)
{
    /// <summary>The agent has six workers for work of any length.</summary>
    public const int MaxAtOnce = 4;

    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (SemaphoreSlim Free, int Users)> _workspaces = [];

    /// <summary>Waits for a slot; it is given back by disposing of what is returned.</summary>
    /// <exception cref="RequestException">timeout: none becomes free in time.</exception>
    public async Task<IDisposable> TakeAsync(string workspace, CancellationToken cancellationToken)
    {
        SemaphoreSlim free;
        lock (_workspaces)
        {
            var (present, users) = _workspaces.GetValueOrDefault(workspace);
            free = present ?? new SemaphoreSlim(MaxAtOnce, MaxAtOnce);
            _workspaces[workspace] = (free, users + 1);
        }
        using var timeout = new CancellationTokenSource(MaxWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await free.WaitAsync(either.Token);
            return new Slot(this, workspace, free);
        }
        catch (OperationCanceledException)
        {
            Leave(workspace);
            cancellationToken.ThrowIfCancellationRequested();
            throw new RequestException(
                ErrorCode.Timeout,
                $"{MaxAtOnce} other transfers of the workspace are under way, and none ended within {MaxWait.TotalSeconds:0} s.",
                "Wait until one of them has ended, then try again.", retryable: true) { Rule = "transfers" };
        }
    }

    private void Leave(string workspace)
    {
        lock (_workspaces)
        {
            var (free, users) = _workspaces[workspace];
            if (users == 1)
                _workspaces.Remove(workspace);
            else
                _workspaces[workspace] = (free, users - 1);
        }
    }

    private sealed class Slot(TransferSlots owner, string workspace, SemaphoreSlim free) : IDisposable
    {
        public void Dispose()
        {
            free.Release();
            owner.Leave(workspace);
        }
    }
}
