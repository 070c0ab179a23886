namespace McpDevBench.LoadTests.Scenarios;

/// <summary>All scenarios.</summary>
internal static class ScenarioCatalogue
{
    private static readonly IReadOnlyList<Operation> _mixed =
    [
        new(22, FileOperations.ReadAsync),
        new(6, CheapOperations.StatAsync),
        new(6, CheapOperations.ListFilesAsync),
        new(8, FileOperations.SearchAsync),
        new(8, FileOperations.WriteAsync),
        new(10, FileOperations.EditAsync),
        new(4, FileOperations.BatchAsync),
        new(12, ExecOperations.TrueAsync),
        new(6, ExecOperations.OutputAsync),
        new(4, ExecOperations.StartAndPollAsync),
        new(2, CheapOperations.ListContainersAsync),
        new(3, CheapOperations.ListExecsAsync),
        new(2, CheapOperations.StatusAsync),
        new(2, SpawnOperations.SpawnAndKillAsync),
        new(1, Mistakes.UnknownContainerAsync),
        new(1, Mistakes.UnknownExecAsync),
        new(1, Mistakes.MissingFileAsync),
        new(1, Mistakes.OutsideAsync),
        new(1, Mistakes.NoCommandAsync),
    ];

    /// <summary>In the order in which they run.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("cheap", "status, lists and stats", 20,
        [
            new(3, CheapOperations.StatAsync),
            new(2, CheapOperations.ListFilesAsync),
            new(2, CheapOperations.ListExecsAsync),
            new(2, CheapOperations.ListContainersAsync),
            new(1, CheapOperations.StatusAsync),
        ]),
        new("exec", "commands that end at once", 8,
        [
            new(3, ExecOperations.TrueAsync),
            new(1, ExecOperations.OutputAsync),
        ]),
        new("files", "small files read, written and edited", 8,
        [
            new(4, FileOperations.ReadAsync),
            new(2, FileOperations.WriteAsync),
            new(2, FileOperations.EditAsync),
        ]),
        new("spawn", "workspaces spawned and removed", 0.4, [new(1, SpawnOperations.SpawnAndKillAsync)]),
        new("mixed", "a mixed day", 8, _mixed),
    ];

    /// <summary>
    /// A mixed day on which much goes wrong. It shows what dashboards and alerts make of that, so it is run only by its name.
    /// </summary>
    public static Scenario BadDay { get; } = new("bad-day", "a mixed day on which much goes wrong", 10,
    [
        .. _mixed,
        new(4, Misfortunes.FailureAsync),
        new(1, Misfortunes.TimeoutAsync),
        new(1, Misfortunes.CancelAsync),
        new(2, Misfortunes.SignalAsync),
        new(1, Misfortunes.OutOfMemoryAsync),
        new(1, Misfortunes.FloodAsync),
        new(1, Mistakes.StrangeImageAsync),
    ]);
}
