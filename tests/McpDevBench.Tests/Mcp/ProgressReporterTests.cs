using McpDevBench.Mcp;
using ModelContextProtocol;

namespace McpDevBench.Tests.Mcp;

/// <summary>Progress at a rate that suits clients, on a clock that the test moves.</summary>
public sealed class ProgressReporterTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly SteppedTime _time = new();
    private readonly List<ProgressNotificationValue> _sent = [];

    [Fact]
    public async Task A_flood_of_reports_is_at_most_four_notifications_a_second_with_the_newest_report_in_each()
    {
        await using (var reporter = Begin())
        {
            await _time.InterruptAsync(() => reporter.Report(0, 1000, "step 0"));
            for (var i = 1; i < 1000; i++)
            {
                reporter.Report(i, 1000, $"step {i}");
                await _time.AdvanceAsync(TimeSpan.FromMilliseconds(1));
            }
        }
        Assert.Equal(["step 0", "step 250", "step 500", "step 750", "step 999"], _sent.Select(progress => progress.Message));
        Increases();
    }

    [Fact]
    public async Task A_long_call_has_a_notification_a_second()
    {
        await using (var reporter = Begin())
        {
            await _time.InterruptAsync(() => reporter.Report(0, null, "begun"));
            for (var i = 1; i < 600; i++)
            {
                reporter.Report(i, null, "on");
                await _time.AdvanceAsync(TimeSpan.FromMilliseconds(100));
            }
        }
        Assert.InRange(_sent.Count, 70, 80);
        Increases();
    }

    [Fact]
    public async Task Without_reports_there_is_a_notification_every_ten_seconds_and_the_number_increases()
    {
        await using (var reporter = Begin())
        {
            await _time.InterruptAsync(() => reporter.Report(16_777_216, 100_000_000, "downloading"));
            await _time.AdvanceAsync(TimeSpan.FromMinutes(1));
        }
        Assert.InRange(_sent.Count, 6, 7);
        Assert.All(_sent, progress => Assert.Equal("downloading", progress.Message));
        Increases();
    }

    [Fact]
    public async Task A_message_that_no_longer_holds_is_not_repeated()
    {
        await using (var reporter = Begin())
        {
            await _time.InterruptAsync(() => reporter.Report(() => new CallProgress(5, null, "a line\n", IsState: false)));
            await _time.AdvanceAsync(TimeSpan.FromSeconds(25));
        }
        Assert.Equal(["a line\n", null, null], _sent.Select(progress => progress.Message));
        Increases();
    }

    [Fact]
    public async Task A_number_that_falls_back_or_passes_its_total_is_sent_as_one_that_increases()
    {
        await using (var reporter = Begin())
        {
            foreach (var done in (double[])[3, 2, 2, 12])
            {
                await _time.InterruptAsync(() => reporter.Report(done, 10, "layers"));
                await _time.AdvanceAsync(_second);
            }
        }
        Assert.Equal(4, _sent.Count);
        Assert.All(_sent, progress => Assert.True(progress.Total >= progress.Progress));
        Increases();
    }

    [Fact]
    public async Task The_last_report_is_sent_before_the_answer_and_nothing_after_it()
    {
        var reporter = Begin();
        await _time.InterruptAsync(() => reporter.Report(1, 2, "first"));
        reporter.Report(2, 2, "last");
        await reporter.DisposeAsync();
        reporter.Report(3, 2, "too late");
        await _time.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["first", "last"], _sent.Select(progress => progress.Message));
    }

    [Fact]
    public async Task A_client_that_takes_no_progress_gets_its_answer()
    {
        var reporter = new ProgressReporter((_, _) => throw new IOException("gone"), _time, TestContext.Current.CancellationToken);
        reporter.Report(1, 2, "first");
        await reporter.DisposeAsync();
    }

    private ProgressReporter Begin() => new(
        (progress, _) =>
        {
            _sent.Add(progress);
            return Task.CompletedTask;
        },
        _time, TestContext.Current.CancellationToken);

    private void Increases() => Assert.All(_sent.Zip(_sent.Skip(1)), pair => Assert.True(pair.Second.Progress > pair.First.Progress));
}
