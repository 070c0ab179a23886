using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests.Vocabulary;

/// <summary>
/// The time of a whole call: it ends the call's waits, it can be longer for good reasons, and it answers for what does not end by itself.
/// </summary>
public sealed class CallDeadlineTests
{
    private readonly FakeTimeProvider _time = Clocks.Standing();

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
            deadline.Moved(1 << 20);
        }
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void A_transfer_that_trickles_ends_although_something_moves()
    {
        using var deadline = CallDeadline.BeginTransfer(_time, CancellationToken.None);
        var moves = 0;
        for (; !deadline.HasPassed && moves < 1000; moves++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            deadline.Moved(CallDeadline.MinRate);
        }
        Assert.InRange(moves, 28, 31);
    }

    [Fact]
    public void A_transfer_at_the_least_rate_has_no_limit()
    {
        using var deadline = CallDeadline.BeginTransfer(_time, CancellationToken.None);
        for (var i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(8));
            deadline.Moved(8 * CallDeadline.MinRate);
        }
        Assert.False(deadline.HasPassed);
    }

    [Fact]
    public void Any_other_call_has_no_more_time_because_something_moves()
    {
        using var deadline = CallDeadline.Begin(_time, TimeSpan.FromSeconds(30), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(29));
        deadline.Moved(1 << 20);
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
}
