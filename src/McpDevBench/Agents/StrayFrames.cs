using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>
/// Frames that bring nothing new. Around a cancellation or a reconnect an agent sends a few; more are an attack on the reader.
/// </summary>
internal sealed class StrayFrames(TimeProvider time)
{
    public const int Max = 1000;

    private long _since = time.GetTimestamp();
    private int _count;

    /// <exception cref="ProtocolException">Too many within the interval of the heartbeat.</exception>
    public void Count()
    {
        if (time.GetElapsedTime(_since) >= Heartbeat.Interval)
            (_since, _count) = (time.GetTimestamp(), 0);
        if (++_count > Max)
            throw new ProtocolException($"the agent sent more than {Max} frames that say nothing new");
    }
}
