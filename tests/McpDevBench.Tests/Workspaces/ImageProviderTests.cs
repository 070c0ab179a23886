using McpDevBench.Workspaces;
using McpDevBench.Engine;

namespace McpDevBench.Tests.Workspaces;

public sealed class ImageProviderTests
{
    private static readonly ImageReference _reference = ImageReference.Parse("busybox:1");

    [Theory]
    [InlineData("linux", "arm64")]
    [InlineData("windows", "amd64")]
    public void An_image_that_cannot_run_here_is_a_mistake_and_no_rule_s_refusal(string os, string architecture)
    {
        var refusal = Assert.Throws<RequestException>(() => ImageProvider.RequirePlatform(_reference, Image(os, architecture), "amd64"));
        Assert.Equal((ErrorCode.InvalidArgument, null, "Use an image for linux/amd64."), (refusal.Code, refusal.Rule, refusal.Hint));
        Assert.Contains($"is for {os}/{architecture}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_can_is_taken() => ImageProvider.RequirePlatform(_reference, Image("linux", "amd64"), "amd64");

    [Theory]
    [InlineData("devbench-test/pyhton:1", "devbench-test/python:1")]
    [InlineData("devbench-test/python:2", "devbench-test/python:1")]
    [InlineData("docker.io/library/debain:12", "debian:12")]
    [InlineData("python:1", "devbench-test/python:1")]
    [InlineData("quite/another-name:7", null)]
    public void A_mistyped_name_gets_the_nearest_image_on_the_host_that_policy_allows(string given, string? nearest)
    {
        string[] names = ["devbench-test/python:1", "debian:12", "quay.io/quite/another-name:7", "not a name"];
        var policy = new ImagePolicy(WorkspaceOptions.Read(new Settings(new ConfigurationBuilder().Build())));
        Assert.Equal(nearest, ImageProvider.NearestOf(ImageReference.Parse(given), names, policy));
    }

    private static EngineImage Image(string os, string architecture) => new("sha256:1", os, architecture, [], [], []);
}
