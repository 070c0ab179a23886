namespace McpDevBench.Agent.Wire;

/// <summary>
/// All content that has arrived and waits for a worker, over every channel: each has its window, but together they are bounded too.
/// </summary>
internal static class InboundBudget
{
    private const long Limit = 6 << 20;

    private static long s_used;

    public static bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref s_used, bytes) <= Limit)
            return true;
        Interlocked.Add(ref s_used, -bytes);
        return false;
    }

    public static void Give(int bytes) => Interlocked.Add(ref s_used, -bytes);
}
