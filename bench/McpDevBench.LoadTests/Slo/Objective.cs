namespace McpDevBench.LoadTests.Slo;

/// <summary>How many of all were good.</summary>
internal readonly record struct Share(double Good, double All)
{
    /// <summary>Null when there was nothing that could have been good or bad.</summary>
    public double? Ratio => All == 0 ? null : Good / All;
}

/// <summary>A promise of the product. Its numbers are shared with the recording rules and alerts of the deployment.</summary>
/// <param name="Name">One word.</param>
/// <param name="Promise">What is promised.</param>
/// <param name="Min">The least share of good ones.</param>
/// <param name="LimitSeconds">Within which a good one is answered, if it is about time.</param>
internal sealed record Objective(string Name, string Promise, double Min, double? LimitSeconds = null)
{
    /// <summary>Answers within this many seconds are fast enough; a bound of the histogram.</summary>
    public const double FastSeconds = 0.1;

    /// <summary>Spawns within this many seconds are fast enough; a bound of the histogram.</summary>
    public const double SpawnSeconds = 5;

    public static Objective Availability { get; } = new("availability", "ready 99.9 % of the time", 0.999);

    public static Objective Latency { get; } = new("latency", "95 % of the answers within 100 ms", 0.95, FastSeconds);

    public static Objective Errors { get; } = new("errors", "less than 0.1 % of the requests fail", 0.999);

    public static Objective Spawn { get; } = new("spawn", "95 % of the spawns within 5 s", 0.95, SpawnSeconds);

    /// <summary>In the order in which they are reported.</summary>
    public static IReadOnlyList<Objective> All { get; } = [Availability, Latency, Errors, Spawn];

    /// <summary>Methods that wait on purpose, or for something outside: how long they take says nothing of the server.</summary>
    public static IReadOnlySet<string> Waiting { get; } = new HashSet<string>
    {
        "spawn", "kill", "exec", "exec_poll", "exec_cancel", "reconcile", "garbage_collect", "files_get", "files_put", "subscriptions/listen",
    };

    /// <summary>Error types that are the server's fault; all others are what a caller can put right.</summary>
    public static IReadOnlySet<string> ServersErrors { get; } =
        new HashSet<string> { "server_error", "docker_unavailable", "timeout", "other" };

    /// <summary>Where nothing was asked, nothing was broken.</summary>
    public bool IsMetBy(Share share) => share.Ratio is not { } ratio || (this == Errors ? ratio > Min : ratio >= Min);
}
