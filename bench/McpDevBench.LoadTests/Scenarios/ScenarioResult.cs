using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Watches;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Everything that was seen during one load.</summary>
internal sealed record ScenarioResult(Scenario Scenario, LoadPlan Plan)
{
    /// <summary>When operations were to start.</summary>
    public required IReadOnlyList<TimeSpan> Arrivals { get; init; }

    /// <summary>Until the last of them ended.</summary>
    public required TimeSpan Elapsed { get; init; }

    public required Recording Recording { get; init; }

    /// <summary>Requests by method, counted where they left the clients.</summary>
    public required IReadOnlyDictionary<string, double> Sent { get; init; }

    public required IReadOnlyCollection<Probe> Probes { get; init; }

    public required IReadOnlyCollection<Scrape> Scrapes { get; init; }

    public required Snapshot Before { get; init; }

    public required Snapshot After { get; init; }

    /// <summary>Null when the server's process is not ours.</summary>
    public required ResourceWatch? Resources { get; init; }
}
