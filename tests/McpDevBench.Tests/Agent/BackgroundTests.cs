using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Processes that outlive the leader of their exec.</summary>
public sealed class BackgroundTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    /// <summary>Longer than a test waits for anything.</summary>
    private const uint MaxDrainMs = 3_600_000;

    // In every command line, so that survivors can be found.
    private readonly string _tag = $"98{Random.Shared.Next(1_000_000, 9_999_999)}";

    public BackgroundTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void What_it_writes_after_the_leader_s_end_arrives_and_it_does_not_die()
    {
        var exec = _client.Shell("(while [ ! -e stop ]; do echo tick; sleep 0.05; done; echo last) & echo leader; exit 3", drainMs: 100);
        var record = _client.Record(exec);
        var background = record.WaitForBackground();
        Assert.Equal((ExecEnd.Exited, 3), (background.Leader.End, background.Leader.Code));
        Assert.InRange(background.Count, 1, 2);
        Assert.Contains(background.Processes, process => process.Name.Contains("sh -c", StringComparison.Ordinal));
        var before = record.Stdout.Length;
        Assert.True(SpinWait.SpinUntil(() => record.Stdout.Length > before + 20, AgentClient.Timeout));
        Assert.False(record.Exited.Task.IsCompleted);
        _client.Write("stop", "");
        var exited = record.Wait();
        Assert.Equal((ExecEnd.Exited, 3), (exited.End, exited.Code));
        Assert.EndsWith("last\n", record.Stdout, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => _client.Info().Execs == 0, AgentClient.Timeout));
    }

    [Fact]
    public void A_process_that_holds_no_output_is_found_too_and_named()
    {
        var exec = _client.Shell(
            $"setsid sleep 321.{_tag} >/dev/null 2>&1 & until grep -q ^sleep /proc/$!/cmdline; do :; done; echo started");
        var background = _client.Record(exec).WaitForBackground();
        Assert.Equal((1, $"sleep 321.{_tag}"), (background.Count, background.Processes[0].Name));
        Assert.Equal(background.Processes[0].Pid, Assert.Single(Processes.Named(_tag)));
        _client.Cancel(exec, 0);
        Assert.Equal((ExecEnd.Exited, 0), (_client.Record(exec).Wait().End, _client.Record(exec).Wait().Code));
        Assert.Empty(Processes.Named(_tag));
    }

    [Fact]
    public void A_signal_reaches_it_and_when_it_has_ended_by_itself_so_has_the_exec()
    {
        var exec = _client.Shell("(trap 'exit 0' USR1; echo up; while :; do sleep 0.02; done) & exit 0", drainMs: 50);
        var record = _client.Record(exec);
        record.WaitForBackground();
        record.WaitFor("up");
        _client.Signal(exec, 10);
        Assert.Equal((ExecEnd.Exited, 0), (record.Wait().End, record.Wait().Code));
    }

    [Fact]
    public void A_process_that_ends_in_a_moment_is_no_background()
    {
        for (var i = 0; i < 20; i++)
        {
            var record = _client.Record(_client.Shell("sleep 0.02 >/dev/null 2>&1 & sleep 0.01 & exit 4", drainMs: MaxDrainMs));
            Assert.Equal(4, record.Wait().Code);
            Assert.False(record.Background.Task.IsCompleted);
        }
    }

    [Fact]
    public void A_command_without_any_ends_at_once()
    {
        for (var i = 0; i < 50; i++)
            _client.Run("exit 0", drainMs: MaxDrainMs);
    }

    [Fact]
    public void Much_output_of_the_background_arrives_whole_and_in_order()
    {
        var exec = _client.Shell("(seq 1 200000; echo end) & sleep 0.1; exit 0", drainMs: 0);
        var record = _client.Record(exec);
        record.Wait();
        Assert.Equal(string.Concat(Enumerable.Range(1, 200_000).Select(n => $"{n}\n")) + "end\n", record.Stdout);
    }

    [Fact]
    public void Another_server_hears_of_it_again_and_reads_on()
    {
        var exec = _client.Shell("(while [ ! -e stop ]; do echo tick; sleep 0.05; done; echo last) & exit 0", drainMs: 50);
        var record = _client.Record(exec);
        record.WaitForBackground();
        _client.Die();
        _client.Dispose();
        using var again = _agent.ConnectBridge();
        again.Execs.TryAdd(exec, record);
        Assert.False(record.Exited.Task.IsCompleted);
        again.Resume();
        again.Write("stop", "");
        Assert.Equal(ExecEnd.Exited, record.Wait().End);
        Assert.EndsWith("last\n", record.Stdout, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => again.Info().Execs == 0, AgentClient.Timeout));
    }

    [Fact]
    public void A_timeout_while_the_leader_runs_ends_everything()
    {
        var exec = _client.Shell($"setsid sleep 322.{_tag} & sleep 322.{_tag}", timeoutMs: 200, graceMs: 100);
        Assert.Equal(ExecEnd.TimedOut, _client.Record(exec).Wait().End);
        Assert.False(_client.Record(exec).Background.Task.IsCompleted);
        Assert.Empty(Processes.Named(_tag));
    }

    [Fact]
    public void A_server_of_version_one_gets_the_end_when_the_leader_s_output_is_drained()
    {
        using var old = _agent.ConnectBridge(newest: 1);
        var record = old.Record(old.Shell($"sleep 323.{_tag} & echo leader; exit 5", drainMs: 100));
        Assert.Equal((5, "leader\n"), (record.Wait().Code, record.Stdout));
    }

    [Fact]
    public void A_server_of_version_one_that_takes_over_gets_the_end_of_what_was_in_the_background()
    {
        var exec = _client.Shell($"sleep 324.{_tag} & echo leader; exit 6", drainMs: 50);
        _client.Record(exec).WaitForBackground();
        _client.Die();
        _client.Dispose();
        using var old = _agent.ConnectBridge(newest: 1);
        old.Execs.TryAdd(exec, _client.Record(exec));
        old.Resume();
        Assert.Equal(6, old.Record(exec).Wait().Code);
        Assert.NotEmpty(Processes.Named(_tag));
    }

    [Fact]
    public void Hundreds_of_them_are_bounded_and_leave_room_for_others()
    {
        const int Max = 256;
        var script = $"dd if=/dev/zero bs=1024 count=100 2>/dev/null; sleep 325.{_tag} & exit 0";
        for (var i = 0; i < Max; i++)
            _client.Record(_client.Shell(script, drainMs: 0)).WaitForBackground();
        Assert.Equal(AgentStatus.Exhausted, StatusOf(() => _client.Shell("true")));
        Assert.InRange(_client.Info().ResidentBytes, 1, 64L << 20);
        var one = _client.Execs.First(exec => exec.Value.Background.Task.IsCompleted);
        _client.Cancel(one.Key, 0);
        one.Value.Wait();
        Assert.Equal(0, _client.Run("true").Exited.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_limit_that_is_reached_is_named_only_if_it_was(bool exits)
    {
        var (_, exited) = _client.Run(exits ? "exit 1" : "kill -9 $$");
        Assert.Equal(ReachedLimits.None, exited.Details.Limits);
    }
}
