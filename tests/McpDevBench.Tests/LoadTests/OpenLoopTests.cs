using McpDevBench.LoadTests.Load;

namespace McpDevBench.Tests.LoadTests;

public sealed class OpenLoopTests
{
    /// <summary>
    /// A server that answers nothing until the last operation has come. Whoever waits for answers before sending on would see one slow
    /// operation, or wait for ever; here every operation starts, and each waits at least from its intended start to the last one's.
    /// </summary>
    [Fact]
    public async Task A_stalled_server_shows_in_the_latency_of_every_operation_that_was_to_start_meanwhile()
    {
        const int Operations = 50;
        var time = TimeProvider.System;
        var stall = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var recording = new Recording(time);
        var started = 0;
        await new OpenLoop(time).RunAsync(Arrivals.Fixed(500, TimeSpan.FromSeconds(Operations / 500.0)), async intended =>
        {
            if (++started == Operations)
                stall.SetResult();
            await stall.Task;
            recording.Answered("call", intended, time.GetTimestamp(), error: null);
        }).WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

        var samples = recording.Samples.OrderBy(sample => sample.At).ToList();
        Assert.Equal(Operations, samples.Count);
        Assert.All(
            samples, sample => Assert.True(sample.Latency >= samples[^1].At - sample.At, $"{sample} waited for less than the stall"));
    }

    [Fact]
    public async Task No_operation_starts_before_its_time()
    {
        var time = TimeProvider.System;
        var early = 0;
        await new OpenLoop(time).RunAsync(Arrivals.Fixed(300, TimeSpan.FromMilliseconds(100)), intended =>
        {
            early += time.GetTimestamp() < intended ? 1 : 0;
            return Task.CompletedTask;
        });
        Assert.Equal(0, early);
    }

    [Fact]
    public void A_request_that_was_sent_late_has_waited_since_its_intended_start()
    {
        var time = Clocks.Standing();
        var recording = new Recording(time);
        var intended = After(1);
        var sent = After(2);
        After(3);
        recording.Answered("call", intended, sent, error: null);
        var expected = new Sample("call", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), null);
        Assert.Equal(expected, Assert.Single(recording.Samples));

        long After(int seconds)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            return time.GetTimestamp();
        }
    }
}
