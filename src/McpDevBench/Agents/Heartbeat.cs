using McpDevBench.Observability.Metrics;

namespace McpDevBench.Agents;

/// <summary>
/// Pings an agent: one that does not answer before the next ping is due has lost its stream, whatever the state of the socket.
/// </summary>
internal sealed class Heartbeat(AgentMetrics metrics, TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private long _pingedAt;

    /// <summary>The agent has answered the last ping.</summary>
    public void Answered() => metrics.Answered(time.GetElapsedTime(Volatile.Read(ref _pingedAt)));

    /// <returns>Whether the heartbeat ended the stream.</returns>
    public async Task<bool> RunAsync(AgentConnection connection, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var sent = 0L;
        try
        {
            do
            {
                if (connection.Pongs < sent)
                {
                    connection.Dispose();
                    return true;
                }
                Volatile.Write(ref _pingedAt, time.GetTimestamp());
                // Not waited for: where the way to the agent is full, it is the ping that has to notice.
                _ = connection.PingAsync();
                sent++;
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
        return false;
    }
}
