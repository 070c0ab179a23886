using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Watches;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>
/// One scenario against one server: workspaces are made, everybody warms up, the load runs while it is watched, and nothing is left behind.
/// </summary>
internal sealed class ScenarioRun(Scenario scenario, LoadPlan plan, Target target, TimeProvider time)
{
    private const int Clients = 8, Workspaces = 4;
    private const double ProbesPerSecond = 4, ScrapesPerSecond = 1, LooksPerSecond = 2;

    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(3);

    private readonly OpenLoop _loop = new(time);
    private readonly List<string> _workspaces = [];

    /// <summary>Of the load that counts; null before it.</summary>
    private Recording? _recording;

    public async Task<ScenarioResult> RunAsync()
    {
        await using var clients = await ClientPool.ConnectAsync(target.Address, Clients);
        try
        {
            for (var number = 0; number < Workspaces; number++)
                await FurnishAsync(clients);
            await LoadAsync(clients, plan with { Duration = _warmUp }, new Recording(time));
            return await MeasureAsync(clients);
        }
        finally
        {
            foreach (var workspace in _workspaces)
                await RemoveAsync(clients, workspace);
        }
    }

    /// <summary>One that stays neither keeps the others nor hides why the load broke off.</summary>
    private async Task RemoveAsync(ClientPool clients, string workspace)
    {
        try
        {
            await Alone(clients, workspace).CallHereAsync("kill", ("force", true));
        }
        catch (Exception exception)
        {
            var sentence = $"The workspace {workspace} is left behind: {exception.Message}";
            await Console.Error.WriteLineAsync(sentence);
            _recording?.Surprised(sentence);
        }
    }

    private async Task FurnishAsync(ClientPool clients)
    {
        var spawned = await Alone(clients, "").CallAsync("spawn", ("image", SpawnOperations.Image));
        _workspaces.Add(spawned.GetProperty("container_id").GetString()!);
        await Sources.WriteAsync(Alone(clients, _workspaces[^1]));
    }

    private async Task<ScenarioResult> MeasureAsync(ClientPool clients)
    {
        using var health = new HealthProbe(target.Address, time);
        using var scraper = new Scraper(target.Metrics);
        var resources = target.Process is { } process ? new ResourceWatch(process, time) : null;
        var (before, sentBefore) = (await scraper.SettledAsync(time), clients.Wire.Now);
        var recording = _recording = new Recording(time);
        var begin = time.GetTimestamp();
        var load = LoadAsync(clients, plan, recording);
        await Task.WhenAll(
            load,
            _loop.RunAsync(Arrivals.Fixed(ProbesPerSecond, plan.Duration), _ => health.AskAsync()),
            _loop.RunAsync(Arrivals.Fixed(ScrapesPerSecond, plan.Duration), _ => scraper.ScrapeAsync()),
            _loop.RunAsync(Arrivals.Fixed(LooksPerSecond, plan.Duration), _ => Look(resources)));
        var elapsed = time.GetElapsedTime(begin);
        var after = await scraper.SettledAsync(time);
        return new ScenarioResult(scenario, plan)
        {
            Arrivals = await load,
            Elapsed = elapsed,
            Recording = recording,
            Sent = Metrics.Snapshot.Increase(sentBefore, clients.Wire.Now),
            Probes = health.Probes,
            Scrapes = scraper.Scrapes,
            Before = before,
            After = after,
            Resources = resources,
        };
    }

    /// <returns>When operations were to start.</returns>
    private async Task<IReadOnlyList<TimeSpan>> LoadAsync(ClientPool clients, LoadPlan load, Recording recording)
    {
        // The same load every time: what differs between two runs is not the dice.
        var random = new Random(1);
        var arrivals = Arrivals.Poisson(load.Rate, load.Duration, random).ToList();
        var number = 0;
        await _loop.RunAsync(arrivals, intended =>
        {
            var visit = new Visit(clients[number], number, _workspaces[number % _workspaces.Count], intended, recording, time);
            number++;
            return VisitAsync(scenario.Draw(random), visit, recording);
        });
        return arrivals;
    }

    private static async Task VisitAsync(Operation operation, Visit visit, Recording recording)
    {
        try
        {
            await operation.RunAsync(visit);
            recording.OperationEnded();
        }
        catch (SurpriseException surprise)
        {
            recording.Surprised(surprise.Message);
        }
    }

    private static Task Look(ResourceWatch? resources)
    {
        resources?.Look();
        return Task.CompletedTask;
    }

    /// <summary>A call outside of any load.</summary>
    private Visit Alone(ClientPool clients, string workspace) =>
        new(clients[0], 0, workspace, time.GetTimestamp(), new Recording(time), time);
}
