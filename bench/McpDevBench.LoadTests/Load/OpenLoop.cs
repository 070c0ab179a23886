namespace McpDevBench.LoadTests.Load;

/// <summary>
/// Starts operations when their time has come, whether or not earlier ones have ended. A server that stalls therefore meets as many
/// operations as it would have met anyway, and each counts its wait from its <em>intended</em> start: what did not happen because everybody
/// was waiting is not left out of the figures.
/// </summary>
internal sealed class OpenLoop(TimeProvider time)
{
    /// <param name="operation">Is given the timestamp of its intended start. It must not throw.</param>
    /// <returns>When the last operation has ended.</returns>
    public async Task RunAsync(IEnumerable<TimeSpan> arrivals, Func<long, Task> operation)
    {
        var begin = time.GetTimestamp();
        var running = new List<Task>();
        foreach (var arrival in arrivals)
        {
            var intended = begin + (long)(arrival.TotalSeconds * time.TimestampFrequency);
            // Timers count in whole milliseconds: rounded down, an operation would start before its time.
            for (
                var left = time.GetElapsedTime(time.GetTimestamp(), intended); left > TimeSpan.Zero; left = time.GetElapsedTime(
                    time.GetTimestamp(), intended))
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time);
            running.Add(operation(intended));
        }
        await Task.WhenAll(running);
    }
}
