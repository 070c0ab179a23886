using McpDevBench.Observability.Health;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Observability;

public sealed class HealthChecksTests
{
    private readonly DrainState _drain = new();
    private readonly HealthChecks _checks;

    public HealthChecksTests() => _checks = new HealthChecks(Metering.Catalogue(), TimeProvider.System, _drain, NullLogger<HealthChecks>.Instance);

    [Fact]
    public async Task A_check_is_asked_once_for_many_probes()
    {
        var asked = 0;
        _checks.Register("docker", neededToServe: true, _ => Task.FromResult(new Health(Interlocked.Increment(ref asked) > 0, "fine")));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _checks.AskAsync()));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_check_that_fails_or_hangs_is_not_ok()
    {
        _checks.Register("a", true, _ => throw new InvalidOperationException("secret"));
        _checks.Register("b", true, _ => throw new RefusalException(RefusalCode.DockerUnavailable, "Docker does not answer.", ""));
        _checks.Register("c", true, async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return default;
        });
        var answers = await _checks.AskAsync();
        Assert.Equal(["a", "b", "c", "drain"], answers.Select(answer => answer.Name));
        Assert.Equal([false, false, false, true], answers.Select(answer => answer.Ok));
        Assert.DoesNotContain("secret", answers[0].Detail);
        Assert.Equal("Docker does not answer.", answers[1].Detail);
    }

    [Fact]
    public async Task Draining_is_a_failing_check()
    {
        _drain.Begin();
        Assert.False(Assert.Single(await _checks.AskAsync()).Ok);
    }
}
