using System.Collections.Concurrent;
using McpDevBench.Engine;
using McpDevBench.Tests.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Engine;

public sealed class ContainerRemovalTests
{
    private readonly SkippingTime _time = new();
    private readonly ConcurrentQueue<string> _calls = [];

    [Fact]
    public async Task The_cpu_limit_is_lifted_before_the_processes_are_killed()
    {
        await RemoveAsync(_ => false);
        Assert.Equal(["update", "remove"], _calls.Where(call => call is "update" or "remove"));
    }

    [Fact]
    public async Task A_container_whose_limit_cannot_be_lifted_is_removed_all_the_same()
    {
        await RemoveAsync(call => call == "update");
        Assert.Contains("remove", _calls);
    }

    [Fact]
    public async Task A_removal_that_docker_did_not_finish_is_repeated_until_it_has()
    {
        var left = 3;
        await RemoveAsync(call => call == "remove" && Interlocked.Decrement(ref left) >= 0);
        Assert.Equal(4, _calls.Count(call => call == "remove"));
    }

    [Fact]
    public async Task A_removal_that_never_succeeds_ends_with_a_timeout_that_has_docker_s_reason()
    {
        var refusal = await Assert.ThrowsAsync<RequestException>(() => RemoveAsync(call => call == "remove"));
        Assert.Equal(ErrorCode.Timeout, refusal.Code);
        Assert.True(refusal.Retryable);
        Assert.Contains("the engine has a bad day", refusal.Message, StringComparison.Ordinal);
    }

    private async Task RemoveAsync(Func<string, bool> refuses)
    {
        using var scripted = new ScriptedEngine(
            call =>
            {
                _calls.Enqueue(call);
                return refuses(call);
            },
            agent => agent.SilenceAsync());
        using var engine = scripted.Connect();
        var containers = new EngineContainers(engine, _time, NullLogger<EngineContainers>.Instance);
        await containers.RemoveAsync(new ContainerId("box"), TestContext.Current.CancellationToken);
    }

    /// <summary>Every wait is over at once, and has taken its time.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref _now, dueTime.Ticks);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
