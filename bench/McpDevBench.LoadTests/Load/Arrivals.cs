namespace McpDevBench.LoadTests.Load;

/// <summary>
/// When operations are to start, counted from the beginning of the load. Whoever makes the plan knows nothing of how long operations take.
/// </summary>
internal static class Arrivals
{
    /// <summary>As independent people come: the gaps are distributed exponentially.</summary>
    public static IEnumerable<TimeSpan> Poisson(double perSecond, TimeSpan duration, Random random)
    {
        for (var at = Gap(); at < duration.TotalSeconds; at += Gap())
            yield return TimeSpan.FromSeconds(at);
        double Gap() => -Math.Log(1 - random.NextDouble()) / perSecond;
    }

    /// <summary>As a metronome beats.</summary>
    public static IEnumerable<TimeSpan> Fixed(double perSecond, TimeSpan duration)
    {
        for (var number = 0; number / perSecond < duration.TotalSeconds; number++)
            yield return TimeSpan.FromSeconds(number / perSecond);
    }
}
