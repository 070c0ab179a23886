using System.Collections.Concurrent;

namespace McpDevBench.LoadTests.Watches;

/// <param name="At">Counted from the first look.</param>
/// <param name="Cores">Processors in use since the look before.</param>
/// <param name="ResidentBytes">Memory in use.</param>
internal sealed record Usage(TimeSpan At, double Cores, long ResidentBytes);

/// <summary>What the server's process uses.</summary>
internal sealed class ResourceWatch(ServerProcess process, TimeProvider time)
{
    /// <summary>The kernel counts processor time in hundredths of a second: a shorter time says nothing.</summary>
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<Usage> _usages = [];
    private readonly long _begin = time.GetTimestamp();
    private readonly TimeSpan _processorTimeAtBegin = process.ProcessorTime;
    private (TimeSpan At, TimeSpan ProcessorTime) _last = (TimeSpan.Zero, process.ProcessorTime);

    public IReadOnlyCollection<Usage> Usages => _usages;

    public long PeakBytes => _usages.Select(usage => usage.ResidentBytes).DefaultIfEmpty().Max();

    /// <summary>Processors in use, over the whole time until the last look.</summary>
    public double Cores => _usages.IsEmpty ? 0 : (_last.ProcessorTime - _processorTimeAtBegin) / _last.At;

    public void Look()
    {
        var (at, used) = (time.GetElapsedTime(_begin), process.ProcessorTime);
        if (at - _last.At < _shortest)
            return;
        _usages.Enqueue(new Usage(at, (used - _last.ProcessorTime) / (at - _last.At), process.ResidentBytes));
        _last = (at, used);
    }
}
