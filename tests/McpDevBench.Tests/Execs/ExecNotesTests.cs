using McpDevBench.AgentProtocol;
using McpDevBench.Containers;
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
        Assert.Equal([note], ExecNotes.Of(Exit(ExecEnd.TimedOut), timeout, _limits, Options()));
    }

    [Fact]
    public void An_operator_s_limit_is_that_of_exec_start_too()
    {
        var options = Options(("MCP_MAX_EXEC_TIMEOUT", "900"));
        var note = Assert.Single(ExecNotes.Of(Exit(ExecEnd.TimedOut), TimeSpan.FromSeconds(10), _limits, options));
        Assert.EndsWith("at most 900; exec_start has a limit of 900 s by default.", note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReachedLimits.Memory, "memory limit of 512 MB", "memory_mb")]
    [InlineData(ReachedLimits.Processes, "limit on processes and threads of 256", "exec_cancel")]
    [InlineData(ReachedLimits.Disk, "The disk of /workspace was full", "Delete files")]
    [InlineData(ReachedLimits.Tmp, "/tmp was full", "TMPDIR")]
    public void A_limit_that_was_reached_is_named_with_what_to_do(ReachedLimits reached, string limit, string advice)
    {
        var exit = Exit(ExecEnd.Exited) with { Details = new ExecDetails("", reached, []) };
        var note = Assert.Single(ExecNotes.Of(exit, null, _limits, Options()));
        Assert.Contains(limit, note, StringComparison.Ordinal);
        Assert.Contains(advice, note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0], null)]
    [InlineData(new byte[] { 0, 0 }, null)]
    [InlineData(new byte[] { 0, 1 }, null)]
    [InlineData(new byte[] { 141, 0 }, null)]
    [InlineData(new byte[] { 1, 0 }, "exit codes 1 | 0")]
    [InlineData(new byte[] { 141, 2, 0 }, "exit codes 141 | 2 | 0")]
    public void A_pipe_is_noted_only_if_an_earlier_part_failed(byte[] codes, string? noted)
    {
        var exit = Exit(ExecEnd.Exited) with { Details = new ExecDetails("bash", ReachedLimits.None, codes) };
        var notes = ExecNotes.Of(exit, null, _limits, Options());
        if (noted is null)
            Assert.Empty(notes);
        else
            Assert.Contains(noted, Assert.Single(notes), StringComparison.Ordinal);
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
        Assert.Equal(may, PipeScript.MayReport("false | true", [variable]));

    private static ExecExited Exit(ExecEnd end) => new(Guid.NewGuid(), 0, end, 0, 0, 0, 0, 0);

    private static ExecOptions Options(params (string Name, string Value)[] settings)
    {
        var values = settings.Select(one => KeyValuePair.Create(one.Name, (string?)one.Value));
        return ExecOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build()));
    }
}
