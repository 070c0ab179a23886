namespace McpDevBench.Agents;

/// <summary>
/// What an agent's clock shows, in milliseconds, as it last reported. The estimate is behind by the time that the report was under way: an
/// agent gives a request up too early rather than too late.
/// </summary>
internal sealed class AgentClock(TimeProvider time)
{
    /// <summary>
    /// Between the moment at which the agent gives a request up and the one at which its caller does: for the answer of what was done just
    /// before.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _shown;
    private long _readAt;

    /// <summary>The agent reports what its clock shows.</summary>
    public void Read(long shown)
    {
        lock (_lock)
            (_shown, _readAt) = (shown, time.GetTimestamp());
    }

    /// <summary>What it will show in a while; never 0, which would mean no time at all.</summary>
    public long In(TimeSpan delay)
    {
        lock (_lock)
        {
            var at = unchecked(_shown + (long)(time.GetElapsedTime(_readAt) + delay).TotalMilliseconds);
            return at == 0 ? 1 : at;
        }
    }
}
