using McpDevBench.Workspaces;
using McpDevBench.Execs;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests.Execs;

/// <summary>Calls beyond the limit of commands in a workspace.</summary>
public sealed class ExecSlotsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    private readonly WorkspaceId _workspace = new(Guid.NewGuid());
    private readonly MetricCatalogue _metrics = Metering.Catalogue();

    [Fact]
    public async Task The_first_to_wait_is_the_first_to_run()
    {
        var slots = Slots(limit: 1);
        var running = await Take(slots, Named("running"), Long);
        var calls = Enumerable.Range(0, 5).Select(i => Take(slots, Named($"{i}"), Long)).ToList();
        Assert.Contains("mcp_execution_queue_waiting 5", await Metrics(), StringComparison.Ordinal);
        foreach (var call in calls)
        {
            Assert.False(call.IsCompleted);
            slots.Release(running);
            running = await call;
        }
        Assert.Contains("mcp_execution_queue_waiting 0", await Metrics(), StringComparison.Ordinal);
        Assert.Contains("mcp_execution_queue_wait_seconds_count{result=\"started\"} 5", await Metrics(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_found_no_slot_in_its_time_learns_what_runs_since_when_and_leaves_the_queue()
    {
        var slots = Slots(limit: 2);
        var first = await Take(slots, Named("python3", "server.py", new string('x', 200)), Long);
        var second = await Take(slots, Named("make"), Long);
        var refusal = await Assert.ThrowsAsync<RequestException>(() => Take(slots, Named("late"), Short));
        Assert.Equal((ErrorCode.ConcurrentLimit, true), (refusal.Code, refusal.Retryable));
        Assert.Contains($"{first.Id} (python3 server.py xxxx", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"{second.Id} (make) since {second.StartedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("at most 2", refusal.Message, StringComparison.Ordinal);
        Assert.Equal($"{first.Id} {second.Id}", refusal.Details!["running"]);
        Assert.InRange(refusal.Message.Length, 0, 500);
        // The queue before the next one is empty.
        var next = Take(slots, Named("next"), Long);
        slots.Release(first);
        await next;
        Assert.Contains("mcp_execution_queue_wait_seconds_count{result=\"timed_out\"} 1", await Metrics(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "make -j2 && ./run")]
    [InlineData(false, "sh -c make -j2 && ./run")]
    public async Task A_command_line_is_named_as_it_was_given_and_not_with_the_shell_around_it(bool isScript, string named)
    {
        var slots = Slots(limit: 1);
        await Take(slots, Named("sh", "-c", "make -j2 && ./run") with { IsScript = isScript }, Long);
        var refusal = await Assert.ThrowsAsync<RequestException>(() => Take(slots, Named("late"), Short));
        Assert.Contains($" ({named}) since", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_goes_away_leaves_the_queue()
    {
        var slots = Slots(limit: 1);
        var running = await Take(slots, Named("running"), Long);
        using var gone = new CancellationTokenSource();
        var left = slots.TakeAsync(Named("left"), Long, gone.Token);
        var stays = Take(slots, Named("stays"), Long);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        slots.Release(running);
        Assert.Equal(["stays"], (await stays).Command);
        Assert.Contains("mcp_execution_queue_wait_seconds_count{result=\"cancelled\"} 1", await Metrics(), StringComparison.Ordinal);
        Assert.Contains("mcp_execution_queue_waiting 0", await Metrics(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_queue_is_bounded_and_a_call_that_may_not_wait_is_refused_at_once()
    {
        var slots = Slots(limit: 1);
        await Take(slots, Named("running"), Long);
        var waiting = Enumerable.Range(0, ExecSlots.MaxWaiting).Select(_ => Take(slots, Named("waits"), Long)).ToList();
        var full = await Assert.ThrowsAsync<RequestException>(() => Take(slots, Named("more"), Long));
        Assert.Contains($"wait for a slot: {ExecSlots.MaxWaiting}", full.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RequestException>(() => Take(slots, Named("now"), TimeSpan.Zero));
        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        Assert.Contains("mcp_execution_queue_wait_seconds_count{result=\"queue_full\"} 1", await Metrics(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workspaces_do_not_wait_for_each_other()
    {
        var slots = Slots(limit: 1);
        await Take(slots, Named("here"), Long);
        var elsewhere = Named("there") with { ContainerId = new WorkspaceId(Guid.NewGuid()) };
        await Take(slots, elsewhere, TimeSpan.Zero);
    }

    [Fact]
    public async Task What_runs_since_before_a_restart_counts_even_beyond_the_limit()
    {
        var slots = Slots(limit: 1);
        var old = new[] { Named("one"), Named("two") };
        foreach (var exec in old)
            slots.Occupy(exec);
        var call = Take(slots, Named("new"), Long);
        slots.Release(old[0]);
        slots.Release(old[0]);
        Assert.False(call.IsCompleted);
        slots.Release(old[1]);
        await call;
    }

    /// <summary>A timeout, a cancellation and a grant may fall into one moment.</summary>
    [Fact]
    public async Task No_slot_is_lost_or_given_twice()
    {
        const int Limit = 3;
        var slots = Slots(Limit);
        var running = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(i % 7));
            try
            {
                var token = i % 3 == 0 ? impatient.Token : CancellationToken.None;
                var (exec, _) = await slots.TakeAsync(Named($"{i}"), TimeSpan.FromMilliseconds(i % 5), token);
                Assert.InRange(Interlocked.Increment(ref running), 1, Limit);
                await Task.Yield();
                Interlocked.Decrement(ref running);
                slots.Release(exec);
            }
            catch (Exception e) when (e is RequestException { Code: ErrorCode.ConcurrentLimit } or OperationCanceledException)
            {
                // It left the queue.
            }
        });
        for (var i = 0; i < Limit; i++)
            await Take(slots, Named("after"), TimeSpan.Zero);
        Assert.Contains("mcp_execution_queue_waiting 0", await Metrics(), StringComparison.Ordinal);
    }

    private ExecSlots Slots(int limit)
    {
        var options = ExecOptions.Read(new Settings(new ConfigurationBuilder().Build())) with { MaxConcurrent = limit };
        return new ExecSlots(options, _metrics, TimeProvider.System);
    }

    private Exec Named(params string[] command) => new()
    {
        Id = ExecId.New(), ContainerId = _workspace, Owner = "local", Command = command, StartedAt = DateTimeOffset.UnixEpoch,
    };

    private Task<string> Metrics() => _metrics.ExportAsync(CancellationToken.None);

    private static async Task<Exec> Take(ExecSlots slots, Exec exec, TimeSpan maxWait) =>
        (await slots.TakeAsync(exec, maxWait, TestContext.Current.CancellationToken)).Exec;
}
