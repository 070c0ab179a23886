namespace McpDevBench.Tests;

/// <summary>A clock that moves on demand, and its timers with it.</summary>
internal sealed class AlarmClock : TimeProvider
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

    private sealed class Alarm(AlarmClock clock, Action ring) : ITimer
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
