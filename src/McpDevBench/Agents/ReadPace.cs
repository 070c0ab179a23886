namespace McpDevBench.Agents;

/// <summary>
/// How fast an agent is read. Small frames cost as much as large ones, so that each agent has a share of them per second; beyond it, its
/// stream is left to fill, and the agent has to gather what it sends. Large frames are bounded by credit and acknowledgements.
/// </summary>
internal sealed class ReadPace(TimeProvider time)
{
    /// <summary>Small frames or pieces of frames per second, and at once.</summary>
    public const int PerSecond = 4000;

    private const int SmallBytes = 1024;

    /// <summary>An answer that a caller waits for makes up for its own frames.</summary>
    private const int PerAnswer = 4;

    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(25);

    private double _left = PerSecond;
    private long _refilledAt = time.GetTimestamp();

    /// <summary>So many bytes were read in one piece.</summary>
    public void Charge(int bytes)
    {
        if (bytes < SmallBytes)
            _left--;
    }

    /// <summary>A request of the server's was answered.</summary>
    public void Answered() => _left = Math.Min(PerSecond, _left + PerAnswer);

    /// <summary>Waits until the agent may be read again; usually not at all.</summary>
    public ValueTask RestAsync(CancellationToken cancellationToken) =>
        _left >= 0 ? ValueTask.CompletedTask : RefillAsync(cancellationToken);

    private async ValueTask RefillAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(PerSecond, _left + (time.GetElapsedTime(_refilledAt, now).TotalSeconds * PerSecond));
            _refilledAt = now;
            if (_left >= 0)
                return;
            await Task.Delay(_rest, time, cancellationToken);
        }
    }
}
