using System.Diagnostics;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>Timeout and cancellation leave no process alive, whatever the processes try.</summary>
public sealed class ExecKillTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    // In every command line, so that survivors can be found.
    private readonly string _tag = $"99{Random.Shared.Next(1_000_000, 9_999_999)}";

    public ExecKillTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    private ExecExited RunAgainstTime(string script)
    {
        var watch = Stopwatch.StartNew();
        var exec = _client.Shell(script.Replace("TAG", _tag, StringComparison.Ordinal), timeoutMs: 400, graceMs: 200);
        var exited = _client.Record(exec).Wait();
        Assert.Empty(Processes.Named(_tag));
        Assert.True(watch.ElapsedMilliseconds >= 400, $"ended after {watch.ElapsedMilliseconds} ms");
        return exited;
    }

    [Fact]
    public void A_timeout_ends_what_obeys_with_the_first_signal()
    {
        var exited = RunAgainstTime("sleep TAG");
        Assert.Equal((ExecEnd.TimedOut, (byte)15), (exited.End, exited.Signal));
    }

    [Fact]
    public void A_timeout_ends_what_ignores_the_first_signal()
    {
        var exited = RunAgainstTime("trap '' TERM; sleep TAG & while :; do sleep 0.TAG; done");
        Assert.Equal((ExecEnd.TimedOut, (byte)9), (exited.End, exited.Signal));
    }

    [Fact]
    public void What_it_says_on_the_way_out_is_not_lost()
    {
        var exec = _client.Shell("trap 'echo bye; exit 3' TERM; while :; do sleep 0.02; done", timeoutMs: 300, graceMs: 3_000);
        var exited = _client.Record(exec).Wait();
        Assert.Equal((ExecEnd.TimedOut, 3, "bye\n"), (exited.End, exited.Code, _client.Record(exec).Stdout));
    }

    [Theory]
    [InlineData("setsid sleep TAG & setsid -f sleep TAG; wait")]
    [InlineData("sh -c 'sh -c \"sleep TAG & exit\" & exit'; sleep TAG")]
    [InlineData("env -i setsid -f sh -c 'trap \"\" TERM; exec sleep TAG'; sleep TAG")]
    [InlineData("sleep TAG & kill -STOP $!; sh -c 'kill -STOP $$; : TAG'; sleep TAG")]
    [InlineData("f() { trap '' TERM; while :; do setsid sh -c ': TAG; sleep 0.01' & sleep 0.005; done; }; f & f & f & wait")]
    public void No_process_hides_from_a_timeout(string script) => Assert.Equal(ExecEnd.TimedOut, RunAgainstTime(script).End);

    [Fact]
    public void A_process_that_lowers_its_mark_is_found_all_the_same()
        => Assert.Equal(ExecEnd.TimedOut, RunAgainstTime("prlimit --locks=12345:12345 setsid -f sleep TAG; sleep TAG").End);

    [Fact]
    public void A_fork_loop_is_ended()
    {
        // Bounded in itself, so that a failing test does not take the machine down.
        var exited = RunAgainstTime(
            "trap '' TERM; i=0; g() { sh -c \": TAG; sleep 0.02\" & }; while [ $i -lt 100000 ]; do g; g; i=$((i+1)); done");
        Assert.Equal(ExecEnd.TimedOut, exited.End);
    }

    [Fact]
    public void A_cancel_with_no_grace_kills_at_once()
    {
        var exec = _client.Shell($"trap '' TERM; sleep {_tag} & wait; sleep {_tag}");
        Eventually.Is(() => Processes.Named(_tag).Count >= 2, "the processes run");
        _client.Cancel(exec, 0);
        var exited = _client.Record(exec).Wait();
        Assert.Equal((ExecEnd.Cancelled, (byte)9), (exited.End, exited.Signal));
        Assert.Empty(Processes.Named(_tag));
    }

    [Fact]
    public void A_cancel_spares_the_neighbours()
    {
        var neighbour = _client.Shell($"sleep 0.{_tag}; sleep 1.5; echo alive");
        var exec = _client.Shell($"sleep {_tag}");
        _client.Cancel(exec, 0);
        Assert.Equal(ExecEnd.Cancelled, _client.Record(exec).Wait().End);
        Assert.Equal(0, _client.Record(neighbour).Wait().Code);
        Assert.Equal("alive\n", _client.Record(neighbour).Stdout);
    }

    [Fact]
    public void A_timeout_works_while_no_server_is_there()
    {
        var exec = _client.Shell($"trap '' TERM; yes {_tag}", timeoutMs: 500, graceMs: 100);
        _client.Die();
        _client.Dispose();
        Eventually.Is(() => Processes.Named($"yes {_tag}").Count == 0, "the process ends");
        using var again = _agent.ConnectBridge();
        again.Execs.TryAdd(exec, _client.Record(exec));
        again.Resume();
        Assert.Equal(ExecEnd.TimedOut, again.Record(exec).Wait().End);
    }

    [Fact]
    public void Ending_the_agent_ends_every_exec()
    {
        _client.Shell($"trap '' TERM; setsid -f sleep {_tag}; sleep {_tag}");
        Eventually.Is(() => Processes.Named(_tag).Count >= 2, "the processes run");
        using var kill = Process.Start("kill", ["-TERM", $"{_agent.Pid}"]);
        Assert.True(_agent.Process.WaitForExit(Eventually.Timeout));
        Assert.Equal(0, _agent.Process.ExitCode);
        Assert.Empty(Processes.Named(_tag));
    }
}
