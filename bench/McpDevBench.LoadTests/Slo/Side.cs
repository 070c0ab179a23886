namespace McpDevBench.LoadTests.Slo;

/// <summary>One objective, as one side sees it.</summary>
/// <param name="Share">Of all, the good ones.</param>
/// <param name="P95">In seconds, for objectives about time.</param>
internal readonly record struct Sight(Share Share, double? P95 = null);

/// <summary>The objectives as one side sees them: the clients, or the metrics alone.</summary>
internal sealed record Side(Sight Availability, Sight Latency, Sight Errors, Sight Spawn)
{
    public Sight Of(Objective objective) => objective switch
    {
        _ when objective == Objective.Availability => Availability,
        _ when objective == Objective.Latency => Latency,
        _ when objective == Objective.Errors => Errors,
        _ => Spawn,
    };
}
