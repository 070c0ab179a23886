using McpDevBench.Workspaces;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;
using McpDevBench.Tests.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Workspaces;

/// <summary>A CPU limit is lifted for as long as processes need to end, and never stays so.</summary>
public sealed class CpuLimitLiftTests : IDisposable
{
    private static readonly ContainerId Box = new("box");

    private readonly WorkspacesByHand _workspaces = new();
    private readonly SteppedTime _time = new();
    private readonly MetricCatalogue _metrics = Metering.Catalogue();
    private readonly CancellationTokenSource _ended = new();
    private readonly ScriptedEngine _scripted;
    private readonly DockerEngine _engine;
    private readonly CpuLimitLift _lift;
    private readonly Workspace _workspace;
    private int _updates;
    private int _refusals;

    public CpuLimitLiftTests()
    {
        _scripted = new ScriptedEngine(
            call =>
            {
                if (call != "update")
                    return false;
                Interlocked.Increment(ref _updates);
                return Interlocked.Decrement(ref _refusals) >= 0;
            },
            agent => agent.SilenceAsync());
        _engine = _scripted.Connect();
        _workspace = _workspaces.Add(0.5, Box);
        _lift = new CpuLimitLift(
            _workspaces.Directory, new EngineContainers(_engine, _time, NullLogger<EngineContainers>.Instance), _metrics, _time,
            NullLogger<CpuLimitLift>.Instance);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _scripted.Dispose();
        _workspaces.Dispose();
        _ended.Dispose();
    }

    [Fact]
    public async Task It_is_restored_when_the_processes_have_ended()
    {
        var run = await LiftedAsync();
        Assert.Equal(1, _updates);
        await _ended.CancelAsync();
        await run;
        await DoneAsync(updates: 2, "ended");
    }

    [Fact]
    public async Task It_is_restored_when_they_do_not_end()
    {
        var run = await LiftedAsync();
        _time.Advance(TimeSpan.FromSeconds(15));
        await run;
        await DoneAsync(updates: 2, "timed_out");
    }

    [Fact]
    public async Task Restoring_is_repeated_until_Docker_has_done_it()
    {
        var run = await LiftedAsync();
        _refusals = 1;
        await _ended.CancelAsync();
        await Eventually.IsAsync(() => _time.IsAwaited);
        _time.Advance(TimeSpan.FromSeconds(2));
        await run;
        await DoneAsync(updates: 3, "ended");
    }

    [Fact]
    public async Task A_workspace_that_is_being_removed_keeps_what_its_removal_gave_it()
    {
        var run = await LiftedAsync();
        _workspaces.Directory.BeginRemoval(_workspace, keepVolume: false);
        await _ended.CancelAsync();
        await run;
        await DoneAsync(updates: 1, "ended");
    }

    [Fact]
    public async Task The_next_lift_of_the_container_waits_for_a_rest()
    {
        var run = await LiftedAsync();
        _time.Advance(TimeSpan.FromSeconds(15));
        await run;
        using var other = new CancellationTokenSource();
        var next = _lift.RunAsync(_workspace.Id, Box, other.Token);
        _time.Advance(TimeSpan.FromSeconds(44));
        Assert.False(next.IsCompleted);
        Assert.Equal(2, _updates);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.IsAsync(() => _updates == 3);
        await other.CancelAsync();
        await next;
        await DoneAsync(updates: 4, "ended");
    }

    [Fact]
    public async Task Of_processes_that_end_while_it_waits_nothing_is_lifted()
    {
        var run = await LiftedAsync();
        var next = _lift.RunAsync(_workspace.Id, Box, _ended.Token);
        await _ended.CancelAsync();
        await Task.WhenAll(run, next);
        await DoneAsync(updates: 2, "ended");
    }

    private async Task<Task> LiftedAsync()
    {
        var run = _lift.RunAsync(_workspace.Id, Box, _ended.Token);
        await Eventually.IsAsync(() => _time.IsAwaited);
        return run;
    }

    private async Task DoneAsync(int updates, string result)
    {
        Assert.Equal(updates, _updates);
        Assert.Contains(
            $"mcp_execution_cpu_limit_lifts_total{{result=\"{result}\"}} 1", await _metrics.ExportAsync(CancellationToken.None),
            StringComparison.Ordinal);
    }
}
