using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>The limits of all workspaces together hold without any setting, and their errors say what helps.</summary>
public sealed class WorkspaceQuotaTests
{
    private static readonly WorkspaceOptions _defaults = WorkspaceOptions.Read(new Settings(new ConfigurationBuilder().Build()));

    [Fact]
    public void By_default_a_hundred_workspaces_may_exist() => Assert.Equal(100, _defaults.MaxWorkspaces);

    [Theory]
    [InlineData(1, "1 workspace exists, which is the limit")]
    [InlineData(2, "2 workspaces exist, which is the limit")]
    public void One_more_than_the_limit_is_refused_with_the_way_out(int limit, string message)
    {
        var ceiling = new WorkspaceCeiling(limit, long.MaxValue, Processors: 4);
        var present = Enumerable.Range(0, limit).Select(_ => Stopped()).ToList();
        ceiling.Require(present[1..], _defaults.Limits);
        var refusal = Assert.Throws<RequestException>(() => ceiling.Require(present, _defaults.Limits));
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("keep_workspace=true keeps its files", refusal.Hint, StringComparison.Ordinal);
    }

    private static Workspace Stopped() => new()
    {
        Id = WorkspaceId.New(),
        Owner = "local",
        Image = "image",
        Persistent = false,
        Status = WorkspaceStatus.Stopped,
        VolumeName = "volume",
        Limits = _defaults.Limits,
        Network = "none",
        Labels = new Dictionary<string, string>(),
        Env = new Dictionary<string, string>(),
        CreatedAt = DateTimeOffset.UnixEpoch,
        LastUsedAt = DateTimeOffset.UnixEpoch,
    };
}
