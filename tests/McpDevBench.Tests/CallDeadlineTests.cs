namespace McpDevBench.Tests;

/// <summary>
/// The time of a whole call: it ends the call's waits, it can be longer for good reasons, and it answers for what does not end by itself.
/// </summary>
public sealed class CallDeadlineTests
{
    private readonly Clock _time = new();

    [Fact]
    public void Its_token_is_cancelled_when_the_time_is_over()
    {
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.Same(deadline, CallDeadline.Current);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(TimeSpan.FromSeconds(1), deadline.Remaining);
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(deadline.HasPassed && deadline.Token.IsCancellationRequested);
        Assert.Equal(TimeSpan.Zero, deadline.Remaining);
    }

    [Fact]
    public void A_caller_that_goes_away_cancels_it_too_but_that_is_no_timeout()
    {
        using var caller = new CancellationTokenSource();
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), caller.Token);
        caller.Cancel();
        Assert.True(deadline.Token.IsCancellationRequested);
        Assert.False(deadline.HasPassed);
    }

    [Fact]
    public void What_is_allowed_to_take_longer_does()
    {
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), CancellationToken.None);
        deadline.Set(TimeSpan.FromSeconds(11));
        deadline.Extend(TimeSpan.FromSeconds(600));
        _time.Advance(TimeSpan.FromSeconds(610));
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void A_transfer_has_time_for_as_long_as_something_moves()
    {
        using var deadline = CallDeadline.BeginTransfer(_time, CancellationToken.None);
        for (var piece = 0; piece < 100; piece++)
        {
            _time.Advance(TimeSpan.FromSeconds(29));
            deadline.Moved();
        }
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void Any_other_call_has_no_more_time_because_something_moves()
    {
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(29));
        deadline.Moved();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public async Task A_call_that_never_ends_is_answered_all_the_same()
    {
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), CancellationToken.None);
        var answer = deadline.BoundAsync(new TaskCompletionSource<int>().Task);
        _time.Advance(TimeSpan.FromSeconds(30));
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => answer);
        Assert.True(deadline.IsReason(failure));
    }

    /// <summary>A clock that moves on demand, and its timers with it.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly Lock _lock = new();
        private readonly List<Alarm> _alarms = [];
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Advance(TimeSpan by)
        {
            var now = Interlocked.Add(ref _ticks, by.Ticks);
            List<Alarm> due;
            lock (_lock)
                due = [.. _alarms.Where(alarm => alarm.DueAt <= now)];
            foreach (var alarm in due)
                alarm.Ring();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var alarm = new Alarm(this, () => callback(state));
            alarm.Change(dueTime, period);
            lock (_lock)
                _alarms.Add(alarm);
            return alarm;
        }

        private sealed class Alarm(Clock clock, Action ring) : ITimer
        {
            private long _dueAt = long.MaxValue;

            public long DueAt => Interlocked.Read(ref _dueAt);

            public void Ring()
            {
                Interlocked.Exchange(ref _dueAt, long.MaxValue);
                ring();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Interlocked.Exchange(ref _dueAt, dueTime < TimeSpan.Zero ? long.MaxValue : clock.GetTimestamp() + dueTime.Ticks);
                return true;
            }

            public void Dispose() => Interlocked.Exchange(ref _dueAt, long.MaxValue);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
