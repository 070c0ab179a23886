using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("python", "docker.io/library/python:latest")]
    [InlineData("python:3.12-slim", "docker.io/library/python:3.12-slim")]
    [InlineData("owner/name", "docker.io/owner/name:latest")]
    [InlineData("index.docker.io/python", "docker.io/library/python:latest")]
    [InlineData("DOCKER.IO/x/y", "docker.io/x/y:latest")]
    [InlineData("GHCR.io/owner/name:1", "ghcr.io/owner/name:1")]
    [InlineData("localhost/x", "localhost/x:latest")]
    [InlineData("localhost:5000/x/y:z", "localhost:5000/x/y:z")]
    [InlineData("docker.io:443/x", "docker.io:443/x:latest")]
    [InlineData("docker.io.evil.com/x", "docker.io.evil.com/x:latest")]
    [InlineData("127.1/x", "127.1/x:latest")]
    [InlineData("[::1]:5000/x", "[::1]:5000/x:latest")]
    [InlineData("192.168.0.1", "docker.io/library/192.168.0.1:latest")]
    [InlineData("a__b/c-d.e", "docker.io/a__b/c-d.e:latest")]
    [InlineData("x:tag@" + Digest, "docker.io/library/x@" + Digest)]
    [InlineData("reg:5000/a/b@" + Digest, "reg:5000/a/b@" + Digest)]
    public void A_reference_has_one_canonical_form(string text, string canonical) =>
        Assert.Equal(canonical, ImageReference.Parse(text).Canonical);

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("Foo/bar/")]
    [InlineData("UPPER")]
    [InlineData("docker.io/UPPER")]
    [InlineData("docker.io./x")]
    [InlineData("docker.io@evil.com/x")]
    [InlineData("evil.com#docker.io/x")]
    [InlineData("docker.io/../evil/x")]
    [InlineData("docker.io//x")]
    [InlineData("x@sha256:0123")]
    [InlineData("x@SHA256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("x@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("x y")]
    [InlineData("x\n")]
    [InlineData("x\0")]
    [InlineData("-x")]
    [InlineData("ex%2eample/x")]
    [InlineData("dоcker.io/x")]
    [InlineData("reg:0/x")]
    [InlineData("reg:99999/x")]
    [InlineData("a..b")]
    [InlineData("a_-b")]
    [InlineData("x:")]
    [InlineData("x:-tag")]
    public void What_is_no_reference_is_refused(string text) =>
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RequestException>(() => ImageReference.Parse(text)).Code);

    [Fact]
    public void Lengths_have_limits()
    {
        ImageReference.Parse("x:" + new string('a', 128));
        Assert.Throws<RequestException>(() => ImageReference.Parse("x:" + new string('a', 129)));
        Assert.Throws<RequestException>(() => ImageReference.Parse(new string('a', 256)));
        Assert.Throws<RequestException>(() => ImageReference.Parse(new string('a', 5000)));
    }

    [Theory]
    [InlineData("*", "python:3", true)]
    [InlineData("python", "python:3", true)]
    [InlineData("python:3", "python:4", false)]
    [InlineData("docker.io/library/*", "python", true)]
    [InlineData("owner/*", "owner/a", true)]
    [InlineData("owner/*", "owner/a/b", false)]
    [InlineData("owner", "owner/a", false)]
    [InlineData("ghcr.io/owner/*", "owner/a", false)]
    public void The_list_of_images_is_compared_part_by_part(string allowed, string image, bool expected)
    {
        var settings = new Settings(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["MCP_ALLOWED_IMAGES"] = allowed }).Build());
        Assert.Equal(expected, new ImagePolicy(WorkspaceOptions.Read(settings)).Objection(ImageReference.Parse(image)) is null);
    }

    [Fact]
    public void An_image_of_another_registry_is_not_allowed_whatever_it_begins_with()
    {
        var policy = new ImagePolicy(WorkspaceOptions.Read(new Settings(new ConfigurationBuilder().Build())));
        Assert.Null(policy.Objection(ImageReference.Parse("GHCR.io/a/b")));
        foreach (var other in new[] { "docker.io.evil.com/x", "docker.io:443/x", "ghcr.io.evil.com/x", "localhost/x" })
            Assert.NotNull(policy.Objection(ImageReference.Parse(other)));
    }
}
