namespace McpDevBench.LoadTests.Slo;

/// <summary>Whether an objective was met, as each side sees it.</summary>
internal sealed record Verdict(Objective Objective, Sight Client, Sight Metrics)
{
    public bool IsMet => Objective.IsMetBy(Client.Share) && Objective.IsMetBy(Metrics.Share);

    /// <summary>In the order of the objectives.</summary>
    public static IReadOnlyList<Verdict> Of(Side client, Side metrics) =>
        [.. Objective.All.Select(objective => new Verdict(objective, client.Of(objective), metrics.Of(objective)))];
}
