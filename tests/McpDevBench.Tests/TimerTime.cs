namespace McpDevBench.Tests;

/// <summary>A clock that moves on request, with its timers, for code that waits for one timer at a time.</summary>
internal sealed class TimerTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = Start;

    public static DateTimeOffset Start { get; } = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    /// <summary>Whether anything waits for it to move.</summary>
    public bool IsAwaited => Next(DateTimeOffset.MaxValue) is not null;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on at once and fires every timer that is due, each of them once.</summary>
    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (_lock)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
        }
        foreach (var timer in due)
            timer.Fire();
    }

    /// <summary>Moves on by so much. What waits for a due timer has to wait for the next one before the clock moves further.</summary>
    /// <param name="last">What waits; once it is complete, it waits no more.</param>
    public async Task AdvanceAsync(TimeSpan by, Task? last = null)
    {
        var end = _now + by;
        while (Next(end) is { } timer)
        {
            _now = timer.Due;
            timer.Fire();
            await NewTimerAsync(timer, last);
        }
        _now = end;
    }

    /// <summary>Does something that whatever waits for a timer answers by waiting for another one.</summary>
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

    private sealed class Timer(TimerTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                _period = period;
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
