using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Scenarios;

namespace McpDevBench.LoadTests.Slo;

/// <summary>The objectives by what the clients measured; durations count from the intended start.</summary>
internal static class ClientSide
{
    public static Side Of(ScenarioResult result)
    {
        var samples = result.Recording.Samples;
        return new Side(
            new(new Share(result.Probes.Count(probe => probe.Ready), result.Probes.Count)),
            Within(samples.Where(sample => !Objective.Waiting.Contains(sample.Method)), Objective.FastSeconds),
            new(new Share(samples.Count(sample => !IsServersError(sample)), samples.Count)),
            Within(samples.Where(IsSpawn), Objective.SpawnSeconds));
    }

    /// <summary>Spawns that succeeded: one that is refused at once must not count as a fast one.</summary>
    public static bool IsSpawn(Sample sample) => sample is { Method: "spawn", Error: null };

    public static bool IsServersError(Sample sample) =>
        sample.Error is { } error && (error == Sample.NoAnswer || Objective.ServersErrors.Contains(error));

    private static Sight Within(IEnumerable<Sample> samples, double seconds)
    {
        var latencies = samples.Select(sample => sample.Latency).ToList();
        return new(
            new Share(latencies.Count(latency => latency.TotalSeconds <= seconds), latencies.Count),
            new Latencies(latencies).Percentile(95));
    }
}
