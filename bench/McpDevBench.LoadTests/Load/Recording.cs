using System.Collections.Concurrent;

namespace McpDevBench.LoadTests.Load;

/// <summary>What the clients saw during one load.</summary>
internal sealed class Recording(TimeProvider time)
{
    private readonly ConcurrentQueue<Sample> _samples = [];
    private readonly ConcurrentQueue<TimeSpan> _ends = [];
    private readonly ConcurrentDictionary<string, int> _surprises = [];
    private readonly long _begin = time.GetTimestamp();

    public IReadOnlyCollection<Sample> Samples => _samples;

    /// <summary>When each operation ended, counted from the beginning of the load.</summary>
    public IReadOnlyCollection<TimeSpan> OperationEnds => _ends;

    /// <summary>What no operation should have seen, with how often: a refusal that was not asked for, an answer that is wrong.</summary>
    public IReadOnlyDictionary<string, int> Surprises => _surprises;

    public void Answered(string method, long intended, long sent, string? error)
    {
        var now = time.GetTimestamp();
        _samples.Enqueue(
            new Sample(
                method, time.GetElapsedTime(_begin, intended), time.GetElapsedTime(intended, now), time.GetElapsedTime(sent, now), error));
    }

    public void OperationEnded() => _ends.Enqueue(time.GetElapsedTime(_begin));

    public void Surprised(string sentence) => _surprises.AddOrUpdate(sentence, 1, static (_, times) => times + 1);
}
