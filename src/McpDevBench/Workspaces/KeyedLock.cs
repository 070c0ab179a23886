namespace McpDevBench.Workspaces;

/// <summary>Lets one at a time pass for each key: two calls with the same idempotency key, two kills of the same workspace.</summary>
internal sealed class KeyedLock
{
    private readonly Dictionary<string, (SemaphoreSlim Gate, int Users)> _gates = [];

    public async Task<Holder> LockAsync(string key, CancellationToken cancellationToken)
    {
        SemaphoreSlim gate;
        lock (_gates)
        {
            var (present, users) = _gates.GetValueOrDefault(key);
            gate = present ?? new SemaphoreSlim(1, 1);
            _gates[key] = (gate, users + 1);
        }
        try
        {
            await gate.WaitAsync(cancellationToken);
            return new Holder(this, key);
        }
        catch
        {
            Leave(key);
            throw;
        }
    }

    private void Leave(string key)
    {
        lock (_gates)
        {
            var (gate, users) = _gates[key];
            if (users == 1)
                _gates.Remove(key);
            else
                _gates[key] = (gate, users - 1);
        }
    }

    internal sealed class Holder(KeyedLock owner, string key) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gates)
                owner._gates[key].Gate.Release();
            owner.Leave(key);
        }
    }
}
