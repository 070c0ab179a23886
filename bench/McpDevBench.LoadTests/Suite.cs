using McpDevBench.LoadTests.Report;
using McpDevBench.LoadTests.Scenarios;

namespace McpDevBench.LoadTests;

/// <summary>Runs scenarios one after the other, each against a fresh server, and says whether all promises were kept.</summary>
internal static class Suite
{
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(30);

    /// <returns>The exit code: 0 when every objective was met and clients and metrics agree.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine(arguments, "duration", "rate", "out", "server", "metrics");
        var scenarios = line.Words.Count == 0 ? ScenarioCatalogue.All : [.. line.Words.Select(Find)];
        var judged = new List<Judgement>();
        foreach (var scenario in scenarios)
        {
            var plan = new LoadPlan(line.Number("rate") ?? scenario.Rate, line.Duration("duration") ?? _duration);
            judged.Add(new Judgement(await RunAsync(scenario, plan, line)));
            ConsoleReport.Write(Console.Out, judged[^1]);
        }
        var folder = new DirectoryInfo(line.Text("out") ?? Path.Combine("artifacts", "load-report"));
        await MarkdownReport.WriteAsync(folder, judged, TimeProvider.System.GetUtcNow());
        Console.WriteLine($"{(judged.All(one => one.IsGood) ? "✓ Every promise was kept" : "✗ Not every promise was kept")}; the report is {Path.Combine(folder.ToString(), "README.md")}");
        return judged.All(judgement => judgement.IsGood) ? 0 : 1;
    }

    private static async Task<ScenarioResult> RunAsync(Scenario scenario, LoadPlan plan, CommandLine line)
    {
        if (line.Address("server") is { } address)
            return await new ScenarioRun(scenario, plan, new Target(address, line.Address("metrics")
                ?? throw new UsageException("--server needs --metrics, too."), null), TimeProvider.System).RunAsync();
        await using var server = await ServerProcess.StartAsync();
        return await new ScenarioRun(scenario, plan, new Target(server.Address, server.Metrics, server), TimeProvider.System).RunAsync();
    }

    private static Scenario Find(string name) =>
        ScenarioCatalogue.All.Append(ScenarioCatalogue.BadDay).FirstOrDefault(scenario => scenario.Name == name)
            ?? throw new UsageException($"There is no scenario {name}.");
}
