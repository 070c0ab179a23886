using McpDevBench.Workspaces;
using McpDevBench.Engine;

namespace McpDevBench.Tests.Workspaces;

/// <summary>Which user ids workspaces may have.</summary>
public sealed class UidRangeTests
{
    [Theory]
    [InlineData("70000-99999", 70_000, 15_000)]
    [InlineData("70001-70004", 70_002, 1)]
    [InlineData("70000-70001", 70_000, 1)]
    [InlineData("10000-61183", 10_000, 25_592)]
    [InlineData("65536-2147483646", 65_536, 1_073_709_055)]
    public void A_range_has_two_ids_for_each_workspace(string text, int first, int count)
    {
        Assert.True(UidRange.TryParse(text, out var range));
        Assert.Equal((first, count), (range.FirstPair, range.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("70000")]
    [InlineData("70000-")]
    [InlineData("70000-80000-90000")]
    [InlineData("-70000")]
    [InlineData("99999-70000")]
    [InlineData("70000-70000")]
    [InlineData("70001-70002")]
    [InlineData("1000-2000")]
    [InlineData("9999-20000")]
    [InlineData("60000-70000")]
    [InlineData("65521-65522")]
    [InlineData("65535-70000")]
    [InlineData("70000-2147483647")]
    [InlineData("70000-4294967296")]
    [InlineData("7e4-99999")]
    public void Any_other_is_refused_when_the_server_starts(string text)
    {
        Assert.False(UidRange.TryParse(text, out _));
        if (text.Length == 0)
            return;
        var settings = new Settings(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["MCP_WORKSPACE_UID_RANGE"] = text }).Build());
        _ = UidRange.Read(settings);
        Assert.StartsWith(
            $"MCP_WORKSPACE_UID_RANGE='{text}' is not allowed: use FIRST-LAST", Assert.Single(settings.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_is_the_agent_s_user_whichever_version_made_the_container()
    {
        Assert.Equal("70003:70003", WorkspaceUser.OfBridge("0:0", WorkspaceUser.Command(70_002)));
        Assert.Equal("65521:65521", WorkspaceUser.OfBridge("0:0", WorkspaceUser.Command(WorkspaceUser.Shared)));
        Assert.Equal("65521:65521", WorkspaceUser.OfBridge("0:0", ["serve", "--user", "1000", "--agent-user", "65521"]));
        Assert.Equal("1000:1000", WorkspaceUser.OfBridge("1000:1000", ["serve"]));
    }

    [Fact]
    public void A_container_says_whose_its_programs_are()
    {
        Assert.Equal(70_002, WorkspaceUser.Of(WorkspaceUser.Command(70_002)));
        Assert.Equal(1000, WorkspaceUser.Of(["serve"]));
        Assert.Equal(1000, WorkspaceUser.Of(["serve", "--user", "0"]));
        Assert.Equal(1000, WorkspaceUser.Of(null));
    }
}
