using McpDevBench.Execs;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Vocabulary;

public sealed class EnumNamesTests
{
    [Theory]
    [InlineData("TimedOut", "timed_out")]
    [InlineData("Exited", "exited")]
    [InlineData("FsRead", "fs_read")]
    [InlineData("HTTPStatus", "http_status")]
    [InlineData("Version2Beta", "version2_beta")]
    [InlineData("a.b", "a_b")]
    [InlineData("", "")]
    public void Identifiers_become_snake_case(string name, string expected) => Assert.Equal(expected, EnumNames.SnakeCase(name));

    /// <summary>These are in databases that exist, and in the contract with clients.</summary>
    [Fact]
    public void Names_that_are_stored_or_sent_do_not_change()
    {
        Assert.Equal(
            ["exited", "signaled", "timed_out", "cancelled", "out_of_memory", "workspace_lost", "not_started"],
            EnumNames.All<ExecOutcome>());
        Assert.Equal(["creating", "running", "stopped", "resuming", "removing"], EnumNames.All<WorkspaceStatus>());
        Assert.Equal("workspace_lost", ErrorCode.WorkspaceLost.Name());
        Assert.Equal("invalid_argument", ErrorCode.InvalidArgument.Name());
    }

    [Fact]
    public void A_name_leads_back_to_its_member()
    {
        Assert.All(Enum.GetValues<ErrorCode>(), code => Assert.Equal(code, EnumNames.Parse<ErrorCode>(code.Name())));
        Assert.Throws<InvalidDataException>(() => EnumNames.Parse<ExecOutcome>("Exited"));
    }
}
