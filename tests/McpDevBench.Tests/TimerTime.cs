namespace McpDevBench.Tests;

/// <summary>A clock that moves on request, with its timers, for code that waits for one timer at a time.</summary>
internal sealed class TimerTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on by so much. Whatever waits for a timer that is due has to wait for the next one before the clock moves further.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        var end = _now + by;
        while (Next(end) is { } timer)
        {
            _now = timer.Due;
            timer.Fire();
            await NewTimerAsync(timer);
        }
        _now = end;
    }

    /// <summary>Does something that whatever waits for a timer answers by waiting for another one.</summary>
    public Task InterruptAsync(Action action)
    {
        var before = Next(DateTimeOffset.MaxValue);
        action();
        return NewTimerAsync(before);
    }

    private async Task NewTimerAsync(Timer? before)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Next(DateTimeOffset.MaxValue) is var next && (next is null || next == before))
            await Task.Delay(TimeSpan.FromMilliseconds(1), timeout.Token);
    }

    private Timer? Next(DateTimeOffset end)
    {
        lock (_lock)
            return _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
    }

    private sealed class Timer(TimerTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire()
        {
            Dispose();
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = time._now + dueTime;
                    time._timers.Add(this);
                }
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
