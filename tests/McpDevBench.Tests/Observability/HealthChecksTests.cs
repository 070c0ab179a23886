using McpDevBench.Observability.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Observability;

public sealed class HealthChecksTests
{
    private readonly DrainState _drain = new();
    private readonly SteppedTime _time = new();
    private readonly HealthChecks _checks;

    public HealthChecksTests() => _checks = new HealthChecks(Metering.Catalogue(), _time, _drain, NullLogger<HealthChecks>.Instance);

    [Fact]
    public async Task A_check_is_asked_once_for_many_probes()
    {
        var asked = 0;
        _checks.Register("docker", neededToServe: true, _ => Task.FromResult(new Health(Interlocked.Increment(ref asked) > 0, "fine")));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _checks.AskAsync()));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_check_that_fails_is_not_ok()
    {
        _checks.Register("a", true, _ => throw new InvalidOperationException("secret"));
        _checks.Register("b", true, _ => throw new RequestException(ErrorCode.DockerUnavailable, "Docker does not answer.", ""));
        var answers = await _checks.AskAsync();
        Assert.Equal(["a", "b", "drain"], answers.Select(answer => answer.Name));
        Assert.Equal([false, false, true], answers.Select(answer => answer.Ok));
        Assert.DoesNotContain("secret", answers[0].Detail);
        Assert.Equal("Docker does not answer.", answers[1].Detail);
    }

    [Fact]
    public async Task A_check_that_hangs_is_not_ok()
    {
        _checks.Register("c", true, async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return default;
        });
        var asking = _checks.AskAsync();
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False((await asking)[0].Ok);
    }

    [Fact]
    public async Task Draining_is_a_failing_check()
    {
        _drain.Begin();
        Assert.False(Assert.Single(await _checks.AskAsync()).Ok);
    }

    [Fact]
    public async Task A_server_is_not_ready_before_all_its_checks_are_registered_and_each_has_run_once()
    {
        var start = new StartState();
        var checks = new HealthChecks(Metering.Catalogue(), _time, _drain, NullLogger<HealthChecks>.Instance, start);
        var docker = new TaskCompletionSource<Health>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Equal(["startup"], from check in await checks.AskAsync() where !check.Ok && check.NeededToServe select check.Name);
        checks.Register("docker", neededToServe: true, _ => docker.Task);
        start.Complete();

        var probe = checks.IsReadyAsync();
        Assert.False(probe.IsCompleted);
        docker.SetResult(new Health(true, "fine"));
        Assert.True(await probe);
    }

    [Fact]
    public async Task A_whole_server_that_has_not_started_says_so()
    {
        using var server = TestServer.Whole();
        Assert.False(await server.Services.GetRequiredService<HealthChecks>().IsReadyAsync());
    }

    [Fact]
    public async Task A_probe_gets_the_last_answer_at_once_while_the_check_is_asked_again()
    {
        var docker = new TaskCompletionSource<Health>();
        docker.SetResult(new Health(true, "fine"));
        _checks.Register("docker", neededToServe: true, _ => docker.Task);
        Assert.True(await _checks.IsReadyAsync());

        docker = new TaskCompletionSource<Health>(TaskCreationOptions.RunContinuationsAsynchronously);
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = _checks.IsReadyAsync();
        Assert.True(probe.IsCompleted);
        Assert.True(await probe);
        docker.SetResult(new Health(false, "gone"));
        await Eventually.IsAsync(async () => !await _checks.IsReadyAsync());
    }

    [Fact]
    public async Task Who_asks_for_the_present_state_waits_for_the_answer_that_is_under_way()
    {
        var docker = new TaskCompletionSource<Health>();
        docker.SetResult(new Health(true, "before"));
        _checks.Register("docker", neededToServe: true, _ => docker.Task);
        await _checks.AskAsync();
        docker = new();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("before", (await _checks.AskAsync())[0].Detail);

        var now = _checks.AskNowAsync();
        Assert.False(now.IsCompleted);
        docker.SetResult(new Health(false, "now"));
        Assert.Equal("now", (await now)[0].Detail);
    }

    [Fact]
    public async Task What_goes_and_what_comes_back_is_known_before_anybody_probes()
    {
        var (docker, asked) = (new Health(true, "fine"), 0);
        _checks.Register("docker", neededToServe: true, _ =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromResult(docker);
        });
        await _checks.StartAsync(CancellationToken.None);
        await Eventually.IsAsync(() => asked == 1);

        // Twice a second is looked what is due: an answer that is good is not, for five.
        for (var look = 0; look < 9; look++)
            _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(1, asked);
        docker = new Health(false, "gone");
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.IsAsync(() => asked == 2);
        await Eventually.IsAsync(async () => !await _checks.IsReadyAsync());
        docker = new Health(true, "fine");
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.IsAsync(() => asked == 3);
        await Eventually.IsAsync(_checks.IsReadyAsync);

        await _checks.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_check_that_blocks_its_thread_fails_in_time_and_is_not_asked_again_before_it_has_ended()
    {
        var asked = 0;
        using var disk = new ManualResetEventSlim();
        _checks.Register("database", neededToServe: true, _ =>
        {
            Interlocked.Increment(ref asked);
            disk.Wait(Eventually.Timeout, CancellationToken.None);
            return Task.FromResult(new Health(true, "fine"));
        });
        var asking = _checks.AskAsync();
        await Eventually.IsAsync(() => asked == 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        var answers = await asking.WaitAsync(Eventually.Timeout / 2, TestContext.Current.CancellationToken);
        Assert.Equal("No answer within 3 seconds.", answers[0].Detail);
        for (var probe = 0; probe < 10; probe++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            Assert.False(await _checks.IsReadyAsync());
        }
        Assert.Equal(1, asked);

        disk.Set();
        // It is due for long: with the clock at rest, it is asked exactly once more.
        await Eventually.IsAsync(_checks.IsReadyAsync);
        Assert.Equal(2, asked);
    }
}
