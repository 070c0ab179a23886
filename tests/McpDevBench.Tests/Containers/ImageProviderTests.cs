using McpDevBench.Containers;
using McpDevBench.Engine;

namespace McpDevBench.Tests.Containers;

public sealed class ImageProviderTests
{
    private static readonly ImageReference _reference = ImageReference.Parse("busybox:1");

    [Theory]
    [InlineData("linux", "arm64")]
    [InlineData("windows", "amd64")]
    public void An_image_that_cannot_run_here_is_a_mistake_and_no_rule_s_refusal(string os, string architecture)
    {
        var refusal = Assert.Throws<RefusalException>(() => ImageProvider.RequirePlatform(_reference, Image(os, architecture), "amd64"));
        Assert.Equal((RefusalCode.InvalidArgument, null, "Use an image for linux/amd64."), (refusal.Code, refusal.Rule, refusal.Hint));
        Assert.Contains($"is for {os}/{architecture}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_can_is_taken() => ImageProvider.RequirePlatform(_reference, Image("linux", "amd64"), "amd64");

    private static EngineImage Image(string os, string architecture) => new("sha256:1", os, architecture, [], [], []);
}
