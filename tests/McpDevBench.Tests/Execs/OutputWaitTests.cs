using System.Text;
using McpDevBench.Workspaces;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>When a poll answers, on a clock that the test moves.</summary>
public sealed class OutputWaitTests : IDisposable
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(10);

    private readonly SteppedTime _time = new();
    private readonly TemporaryFolder _folder = new();
    private readonly OutputLog _log;
    private readonly ActiveExec _active;

    public OutputWaitTests()
    {
        _log = new OutputLog(_folder["log"], 1 << 20);
        var exec = new Exec
        {
            Id = ExecId.New(),
            ContainerId = new WorkspaceId(Guid.NewGuid()),
            Owner = "local",
            Command = ["make"],
            StartedAt = _time.GetUtcNow(),
        };
        _active = new ActiveExec(exec, new ContainerId("box"), _log);
    }

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Fifteen_hundred_lines_are_a_few_polls()
    {
        var (polls, after, line) = (0, -1L, 0);
        while (line < 1500)
        {
            var wait = Begin(Request() with { AfterSeq = after });
            for (; !wait.IsCompleted && line < 1500; line++)
                await WriteAsync(wait, $"line {line}\n");
            if (!wait.IsCompleted)
                await EndAsync(wait);
            (after, polls) = (OutputPager.Page(_log, Request() with { AfterSeq = after }).NextSeq, polls + 1);
        }
        Assert.InRange(polls, 3, 5);
    }

    [Fact]
    public async Task Output_and_then_a_pause_is_an_answer()
    {
        var wait = Begin(Request());
        await WriteAsync(wait, "$ ");
        await _time.AdvanceAsync(TimeSpan.FromMilliseconds(400));
        await WriteAsync(wait, "more");
        await _time.AdvanceAsync(TimeSpan.FromMilliseconds(480));
        Assert.False(wait.IsCompleted);
        await FireLastAsync(wait, TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Output_that_was_there_before_is_an_answer_at_once()
    {
        Write("ready\n");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Begin(Request());
        await Begin(Request() with { Until = PollUntil.Output });
    }

    [Fact]
    public async Task With_until_output_the_answer_comes_a_moment_after_the_first_output()
    {
        var wait = Begin(Request() with { Until = PollUntil.Output });
        for (var i = 0; i < 4; i++)
            await WriteAsync(wait, "drip");
        Assert.False(wait.IsCompleted);
        await FireLastAsync(wait, _step);
    }

    [Fact]
    public async Task With_until_exit_no_output_is_an_answer()
    {
        var wait = Begin(Request() with { Until = PollUntil.Exit });
        for (var i = 0; i < 20; i++)
            await WriteAsync(wait, new string('x', 1000));
        await _time.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.False(wait.IsCompleted);
        await EndAsync(wait);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_grep_other_output_is_no_answer(bool untilMatch)
    {
        var wait = Begin(Request() with { Until = untilMatch ? PollUntil.Match : PollUntil.Settled, Grep = "^ready" });
        await WriteAsync(wait, new string('x', 6000) + "\n");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.False(wait.IsCompleted);
        Write("ready\n");
        if (!untilMatch)
            await _time.AdvanceAsync(TimeSpan.FromSeconds(1), last: wait);
        await wait;
    }

    [Fact]
    public async Task Half_a_character_and_another_stream_are_no_answer()
    {
        var wait = Begin(Request() with { Stream = "stdout" });
        await _time.InterruptAsync(() => Write([0xE2, 0x82], stream: 1));
        await _time.InterruptAsync(() => Write(Encoding.UTF8.GetBytes(new string('e', 6000)), stream: 2));
        await _time.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.False(wait.IsCompleted);
        await EndAsync(wait);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_its_wait()
    {
        using var gone = new CancellationTokenSource();
        var wait = new OutputWait(_active, Request(), null, _time).RunAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    private static PollRequest Request() => new() { ExecId = "", WaitMs = 25_000 };

    private Task Begin(PollRequest request) =>
        new OutputWait(_active, request, request.ByLine ? new LineScanner(request) : null, _time).RunAsync(
            TestContext.Current.CancellationToken);

    private async Task WriteAsync(Task wait, string text)
    {
        await _time.InterruptAsync(() => Write(text), wait);
        await _time.AdvanceAsync(_step, wait);
    }

    private void Write(string text) => Write(Encoding.UTF8.GetBytes(text), stream: 1);

    private void Write(byte[] content, byte stream)
    {
        _log.Append(stream, 0, content);
        _active.Wrote(_time.GetTimestamp());
    }

    private Task EndAsync(Task wait)
    {
        _active.Finish(_active.Exec with { Outcome = ExecOutcome.Exited });
        return wait;
    }

    private async Task FireLastAsync(Task wait, TimeSpan by)
    {
        await _time.AdvanceAsync(by, wait);
        await wait;
    }
}
