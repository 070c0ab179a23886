using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Scenarios;
using McpDevBench.LoadTests.Slo;

namespace McpDevBench.LoadTests.Report;

/// <summary>What is to be said of one load.</summary>
internal sealed class Judgement(ScenarioResult result)
{
    public ScenarioResult Result => result;

    /// <summary>Of all requests, from their intended start.</summary>
    public Latencies Latencies { get; } = new(result.Recording.Samples.Select(sample => sample.Latency));

    /// <summary>How late the clients themselves were: what the machine adds before a request is sent.</summary>
    public Latencies Lateness { get; } = new(result.Recording.Samples.Select(sample => sample.Latency - sample.Service));

    public IReadOnlyList<Verdict> Verdicts { get; } = Verdict.Of(ClientSide.Of(result), MetricsSide.Of(result));

    /// <summary>Requests that the server failed.</summary>
    public int Failed { get; } = result.Recording.Samples.Count(ClientSide.IsServersError);

    /// <summary>Requests that the server refused because the client made a mistake.</summary>
    public int Refused { get; } = result.Recording.Samples.Count(sample => sample.Error is not null && !ClientSide.IsServersError(sample));

    /// <summary>Operations a second.</summary>
    public double Offered { get; } = result.Arrivals.Count / result.Plan.Duration.TotalSeconds;

    /// <summary>Operations a second that came to their end, until the last of them.</summary>
    public double Achieved { get; } = result.Recording.OperationEnds.Count / Math.Max(
        result.Plan.Duration.TotalSeconds, result.Elapsed.TotalSeconds);

    /// <summary>A sentence for each thing that is wrong beside the objectives.</summary>
    public IReadOnlyList<string> Complaints { get; } =
    [
        .. Agreement.Differences(result).Select(difference => $"Clients and metrics disagree on {difference}."),
        .. result.Recording.Surprises.Select(surprise => $"{surprise.Key} ({surprise.Value} times)."),
    ];

    public bool IsGood => Verdicts.All(verdict => verdict.IsMet) && Complaints.Count == 0;
}
