using System.Collections.Concurrent;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.Observability;

public sealed class PeriodicRunnerTests : IDisposable
{
    private static readonly TimeSpan _often = TimeSpan.FromMilliseconds(1), _never = TimeSpan.FromDays(1);

    private readonly MetricCatalogue _metrics = Metering.Catalogue();
    private readonly DrainState _drain = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Messages _log = new();
    private readonly PeriodicRunner _runner;
    private int _rounds;

    public PeriodicRunnerTests() => _runner = Metering.Periodic(_metrics, _drain, logger: _log);

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_failure_is_counted_each_time_and_logged_once_until_a_round_succeeds()
    {
        var busy = new RequestException(ErrorCode.DockerUnavailable, "Docker does not answer.", "Wait.");
        for (var round = 0; round < 3; round++)
            Assert.False(await _runner.TryAsync(BackgroundMetrics.Reconcile, () => throw busy));
        Assert.Equal(["Background task failing; retrying"], _log.Taken());
        Assert.False(await _runner.TryAsync(BackgroundMetrics.Reconcile, () => throw new InvalidOperationException("a defect")));
        Assert.Equal(["Background task failed unexpectedly; retrying"], _log.Taken());
        Assert.True(await _runner.TryAsync(BackgroundMetrics.Reconcile, () => Task.CompletedTask));
        Assert.True(await _runner.TryAsync(BackgroundMetrics.Reconcile, () => Task.CompletedTask));
        Assert.Equal(["Background task recovered"], _log.Taken());
        Assert.Contains(
            "mcp_background_failures_total{task=\"reconcile\"} 4\n", await _metrics.ExportAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_round_is_no_failure()
    {
        Assert.False(await _runner.TryAsync(BackgroundMetrics.Reconcile, () => throw new OperationCanceledException()));
        Assert.Empty(_log.Taken());
    }

    [Fact]
    public async Task The_first_round_is_repeated_soon_until_it_succeeds()
    {
        var task = new PeriodicTask(BackgroundMetrics.Reconcile, _never) { FirstRetryInterval = _often };
        var running = _runner.RunAsync(task, _ => ++_rounds < 3 ? throw new IOException("not yet") : Task.CompletedTask, _stop.Token);
        await Eventually.IsAsync(() => _log.Taken().Contains("Background task recovered"));
        Assert.Equal(3, _rounds);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Without_a_retry_interval_the_first_round_waits_for_the_interval()
    {
        var running = _runner.RunAsync(new PeriodicTask(BackgroundMetrics.StateDisk, _never), CountAsync, _stop.Token);
        Assert.False(running.IsCompleted);
        Assert.Equal(0, _rounds);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_task_ends_when_the_server_drains()
    {
        var task = new PeriodicTask(BackgroundMetrics.Collect, _often) { FirstRetryInterval = _often };
        var running = _runner.RunAsync(task, CountAsync, _stop.Token);
        await Eventually.IsAsync(() => _rounds > 1);
        _drain.Begin();
        await running.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        var last = _rounds;
        await _runner.RunAsync(task, CountAsync, _stop.Token);
        Assert.Equal(last, _rounds);
    }

    [Fact]
    public async Task A_task_that_runs_while_draining_ends_with_the_server()
    {
        _drain.Begin();
        var task = new PeriodicTask(BackgroundMetrics.StateLease, _often) { RunsWhileDraining = true };
        var running = _runner.RunAsync(task, CountAsync, _stop.Token);
        await Eventually.IsAsync(() => _rounds > 1);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Every_task_has_a_series()
    {
        var names = typeof(BackgroundMetrics).GetFields().Where(field => field.IsLiteral).Select(
            field => (string)field.GetRawConstantValue()!);
        Assert.Equal([.. names, "other"], BackgroundMetrics.Tasks.Words);
    }

    private Task CountAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _rounds);
        return Task.CompletedTask;
    }

    private sealed class Messages : ILogger<PeriodicRunner>
    {
        private readonly ConcurrentQueue<string> _messages = [];

        public string[] Taken()
        {
            string[] taken = [.. _messages];
            _messages.Clear();
            return taken;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _messages.Enqueue(formatter(state, exception));
    }
}
