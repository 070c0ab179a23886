using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>What a result reports of its command's end.</summary>
public sealed class ExecNotesTests
{
    private static readonly WorkspaceLimits _limits = new(512, 1, 256);

    [Theory]
    [InlineData(
        60,
        "Ended by its time limit of 60 s (timeout_s). Pass a larger timeout_s, at most 86400; exec_start has no time limit by default.")]
    [InlineData(86400, "Ended by its time limit of 86400 s (timeout_s), the largest that this server allows. Split the work.")]
    [InlineData(null, "Ended by its time limit. Pass a larger timeout_s, at most 86400; exec_start has no time limit by default.")]
    public void A_time_limit_is_named_with_what_to_raise(int? seconds, string note)
    {
        var timeout = seconds is { } known ? TimeSpan.FromSeconds(known) : default(TimeSpan?);
        Assert.Equal([note], ExecNotes.Of(Ran("true") with { Timeout = timeout }, Exit(ExecEnd.TimedOut), _limits, Options()));
    }

    [Fact]
    public void An_operator_s_limit_is_that_of_exec_start_too()
    {
        var options = Options(("MCP_MAX_EXEC_TIMEOUT", "900"));
        var note = Assert.Single(ExecNotes.Of(Ran("true"), Exit(ExecEnd.TimedOut), _limits, options));
        Assert.EndsWith("at most 900; exec_start has a limit of 900 s by default.", note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReachedLimits.Memory, "memory limit of 512 MB", "memory_mb")]
    [InlineData(ReachedLimits.Processes, "limit on processes and threads of 256 (the operator's MCP_CONTAINER_PID_LIMIT", "exec_cancel")]
    [InlineData(ReachedLimits.Disk, "MCP_WORKSPACE_DISK_MB; no argument raises it", "Delete files")]
    [InlineData(ReachedLimits.Tmp, "It holds 256 MB, half of the workspace's memory.", "a larger memory_mb")]
    [InlineData(ReachedLimits.Run, "It holds 32 MB, a sixteenth of the workspace's memory.", "a larger memory_mb")]
    [InlineData(ReachedLimits.SharedMemory, "It holds 64 MB, an eighth of the workspace's memory and at most 64 MB.", "use /tmp")]
    public void A_limit_that_was_reached_is_named_with_what_to_do(ReachedLimits reached, string limit, string advice)
    {
        var exit = Exit(ExecEnd.Exited) with { Details = new ExecDetails("", reached, "") };
        var note = Assert.Single(ExecNotes.Of(Ran("true"), exit, _limits, Options()));
        Assert.Contains(limit, note, StringComparison.Ordinal);
        Assert.Contains(advice, note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a | b", "", null)]
    [InlineData("a | b", "1 0 0 0;", null)]
    [InlineData("a | b", "1 1 1 1;", null)]
    [InlineData("a | b", "1 0 141 0;", null)]
    [InlineData("grep x | b", "1 0 1 0;", null)]
    [InlineData("a | b", "1 0 1 0;", "line 1, a | b: exit codes 1 | 0.")]
    [InlineData("\na\\\n  | b |  c ", "1 0 141 2 0;", "line 2, a | b | c: exit codes 141 | 2 | 0.")]
    [InlineData("a | b; c | d", "2 0 3 0;1 0 4 0;2 0 5 0;", "line 1, c | d: exit codes 3 | 0; line 1, a | b: exit codes 4 | 0.")]
    [InlineData("a | b", "2 0 1 0;0 0 1 0;-1 0 1 0;1 0 1;1 0 1 0 0;1 0 300 0;1 0 x 0;;;1", null)]
    public void A_pipe_is_noted_only_if_it_hides_that_a_part_failed(string script, string report, string? noted)
    {
        var exit = Exit(ExecEnd.Exited) with { Details = new ExecDetails("bash", ReachedLimits.None, report) };
        var notes = ExecNotes.Of(Ran("bash", "-c", script), exit, _limits, Options());
        if (noted is null)
            Assert.Empty(notes);
        else
            Assert.StartsWith(
                $"A pipe ended with 0 although an earlier command of it failed: {noted} ", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_first_pipes_are_named()
    {
        var script = string.Join('\n', Enumerable.Range(1, 7).Select(n => $"a{n} | b"));
        var report = string.Concat(Enumerable.Range(1, 7).Select(n => $"{n} 0 1 0;"));
        var exit = Exit(ExecEnd.Exited) with { Details = new ExecDetails("bash", ReachedLimits.None, report) };
        var note = Assert.Single(ExecNotes.Of(Ran("bash", "-c", script), exit, _limits, Options()));
        Assert.Contains("line 5, a5 | b: exit codes 1 | 0; and 2 more pipes.", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_could_not_be_started_names_both_limits()
    {
        var hint = ExecNotes.AtLimits(_limits);
        Assert.Contains("256 processes", hint, StringComparison.Ordinal);
        Assert.Contains("512 MB", hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATH", true)]
    [InlineData("BASH_ENV", false)]
    [InlineData("BASH_FUNC_exit%%", false)]
    [InlineData("BASHOPTS", false)]
    [InlineData("SHELLOPTS", false)]
    public void An_environment_that_changes_bash_keeps_it_from_reporting(string variable, bool may) =>
        Assert.Equal(may, PipeScript.Reporting("false | true", [variable]) is not null);

    private static Exec Ran(params string[] command) => new()
    {
        Id = ExecId.New(),
        ContainerId = WorkspaceId.New(),
        Owner = "anonymous",
        Command = command,
        StartedAt = DateTimeOffset.UnixEpoch,
        Timeout = TimeSpan.FromSeconds(10),
    };

    private static ExecExited Exit(ExecEnd end) => new(Guid.NewGuid(), 0, end, 0, 0, 0, 0, 0);

    private static ExecOptions Options(params (string Name, string Value)[] settings)
    {
        var values = settings.Select(one => KeyValuePair.Create(one.Name, (string?)one.Value));
        return ExecOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build()));
    }
}
