namespace McpDevBench.Agent.Linux;

/// <summary>Two clocks: one that only goes forward, for deadlines, and the calendar's, for what people read.</summary>
internal static class Clock
{
    public const long Never = long.MaxValue;

    public static long Milliseconds => Environment.TickCount64;

    public static long Microseconds => TimeProvider.System.GetTimestamp() / (TimeProvider.System.TimestampFrequency / 1_000_000);

    public static long UnixMicroseconds
        => (TimeProvider.System.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
