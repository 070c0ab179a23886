namespace McpDevBench.Vocabulary;

/// <summary>
/// Collects the garbage of large calls. The runtime sizes its heap by the machine's memory, not by what the server promises: on a machine
/// with enough of it, forty requests of four megabytes leave gigabytes, and keep them.
/// </summary>
internal sealed class HeapTrimmer
{
    /// <summary>More garbage than this is not left lying about. A collection takes some 10 ms.</summary>
    private const long MaxGarbage = 24 << 20;

    private readonly Lock _lock = new();
    private long _garbage;

    /// <param name="bytes">What a call has taken and given back.</param>
    public void Released(long bytes)
    {
        if (Interlocked.Add(ref _garbage, bytes) < MaxGarbage || !_lock.TryEnter())
            return;
        try
        {
            Interlocked.Exchange(ref _garbage, 0);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
        finally
        {
            _lock.Exit();
        }
    }
}
