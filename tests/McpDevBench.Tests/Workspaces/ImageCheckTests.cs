using McpDevBench.Workspaces;
using McpDevBench.Engine;

namespace McpDevBench.Tests.Workspaces;

/// <summary>What an image may declare.</summary>
public sealed class ImageCheckTests
{
    [Theory]
    [InlineData("/./workspace", "/workspace")]
    [InlineData("//data/", "/data")]
    [InlineData("/a/../workspace/.", "/workspace")]
    [InlineData("../../etc", "/etc")]
    [InlineData("/", "/")]
    public void A_path_is_understood_as_Docker_does(string declared, string path) => Assert.Equal(path, ImageCheck.Clean(declared));

    [Theory]
    [InlineData("/")]
    [InlineData("/proc/x")]
    [InlineData("/etc")]
    [InlineData("/sys")]
    [InlineData("/workspace/data")]
    [InlineData("/home/dev/../dev/.cache")]
    [InlineData("/.mcp-devbench/x")]
    [InlineData("/.mcp-devbench-user")]
    [InlineData("/.mcp-devbench-user/own")]
    public void A_volume_that_would_hide_what_is_kept_or_needed_is_refused_with_its_path(string volume)
    {
        var refusal = Assert.Throws<RequestException>(() => ImageCheck.RequireModest(With([], [volume])));
        Assert.Equal(ErrorCode.ImageNotAllowed, refusal.Code);
        Assert.Contains(ImageCheck.Clean(volume), refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/workspace")]
    [InlineData("/./workspace/")]
    [InlineData("/home/dev")]
    [InlineData("/home")]
    [InlineData("/tmp")]
    [InlineData("/var/lib/data")]
    [InlineData("/etc/service")]
    public void Any_other_volume_is_fine(string volume) => ImageCheck.RequireModest(With([], [volume]));

    [Fact]
    public void More_than_any_image_needs_is_refused()
    {
        var many = Enumerable.Range(0, 10_000).Select(number => $"V{number}=x").ToList();
        Assert.Contains("10000 environment", Refused(With(many, [])), StringComparison.Ordinal);
        Assert.Contains("characters", Refused(With([new string('x', 1 << 20)], [])), StringComparison.Ordinal);
        Assert.Contains(
            "65 volumes", Refused(With([], [.. Enumerable.Range(0, 65).Select(number => $"/v{number}")])), StringComparison.Ordinal);
    }

    private static string Refused(EngineImage image) => Assert.Throws<RequestException>(() => ImageCheck.RequireModest(image)).Message;

    private static EngineImage With(IReadOnlyList<string> env, IReadOnlyCollection<string> volumes) =>
        new("id", "linux", "amd64", [], env, volumes);
}
