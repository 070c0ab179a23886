using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests;

/// <summary>A fake clock that stops at each timer until the code under test waits for its next one.</summary>
internal sealed class SteppedTime() : FakeTimeProvider(Start)
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];

    public new static DateTimeOffset Start { get; } = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    /// <summary>Whether anything waits for a timer.</summary>
    public bool IsAwaited => Next(DateTimeOffset.MaxValue) is not null;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this);
        timer.Begin(base.CreateTimer(timer.Around(callback), state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves from timer to timer. The code that waited for one has to wait for the next before the clock moves further.</summary>
    /// <param name="last">What waits; once it is complete, no further timer is expected.</param>
    public async Task AdvanceAsync(TimeSpan by, Task? last = null)
    {
        var end = GetUtcNow() + by;
        while (Next(end) is { } timer)
        {
            Advance(timer.Due - GetUtcNow());
            await NewTimerAsync(timer, last);
        }
        Advance(end - GetUtcNow());
    }

    /// <summary>Does something that the code under test answers by waiting for another timer.</summary>
    public Task InterruptAsync(Action action, Task? last = null)
    {
        var before = Next(DateTimeOffset.MaxValue);
        action();
        return NewTimerAsync(before, last);
    }

    private async Task NewTimerAsync(Timer? before, Task? last)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        for (var round = 0; last?.IsCompleted != true && !IsNew(Next(DateTimeOffset.MaxValue), before); round++)
        {
            if (round < 1000)
                await Task.Yield();
            else
                await Task.Delay(TimeSpan.FromMilliseconds(1), timeout.Token);
        }
    }

    private static bool IsNew(Timer? timer, Timer? before) => timer is not null && timer != before;

    private Timer? Next(DateTimeOffset end)
    {
        lock (_lock)
            return _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
    }

    private sealed class Timer(SteppedTime time) : ITimer
    {
        private ITimer? _timer;
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public void Begin(ITimer timer) => _timer = timer;

        /// <summary>The callback, which first notes when the timer is due again.</summary>
        public TimerCallback Around(TimerCallback callback) => state =>
        {
            Note(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            callback(state);
        };

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Note(dueTime, period);
            return _timer!.Change(dueTime, period);
        }

        public void Dispose()
        {
            Note(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Note(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime < TimeSpan.Zero)
                    return;
                Due = time.GetUtcNow() + dueTime;
                time._timers.Add(this);
            }
        }
    }
}
