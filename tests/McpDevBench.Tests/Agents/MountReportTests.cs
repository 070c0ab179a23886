using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Tests.Agents;

public sealed class MountReportTests
{
    private const string Host = "/var/lib/docker/volumes/";

    private static readonly (string Path, string Volume)[] _expected =
        [("/.agent", "agent"), ("/workspace", "files"), ("/home/dev", "files_home")];

    private static readonly AgentMount[] _right =
    [
        new("/", "overlay", "/"), new("/tmp", "tmpfs", "/"), new("/.agent", "ext4", Host + "agent/_data"),
        new("/workspace", "ext4", Host + "files/_data"), new("/home/dev", "ext4", Host + "files_home/_data"),
    ];

    [Fact]
    public void Volumes_where_they_should_be_are_fine_and_an_older_agent_reports_none()
    {
        Assert.Null(MountReport.Difference(_right, _expected));
        Assert.Null(MountReport.Difference([], _expected));
    }

    public static TheoryData<string, string, string, string> Crooked() => new()
    {
        { "/workspace", "tmpfs", "/", "/workspace is in memory" },
        { "/workspace", "ext4", Host + "files_home/_data", "/workspace is another volume" },
        { "/.agent", "ext4", Host + "files/_data", "/.agent is another volume" },
        { "/workspace/build", "tmpfs", "/", "something is mounted at /workspace/build" },
    };

    [Theory]
    [MemberData(nameof(Crooked))]
    public void What_is_mounted_over_them_is_named(string point, string type, string root, string difference) =>
        Assert.Equal(difference, MountReport.Difference([.. _right, new AgentMount(point, type, root)], _expected));

    [Fact]
    public void A_volume_that_is_missing_is_named() =>
        Assert.Equal("nothing is mounted at /home/dev", MountReport.Difference(_right[..^1], _expected));
}
