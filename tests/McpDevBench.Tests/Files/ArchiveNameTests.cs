using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

public sealed class ArchiveNameTests
{
    [Theory]
    [InlineData(".", "workspace.tar.gz")]
    [InlineData("/workspace", "workspace.tar.gz")]
    [InlineData("src", "src.tar.gz")]
    [InlineData("/workspace/a/b c/", "b c.tar.gz")]
    [InlineData("src/..", "workspace.tar.gz")]
    public void An_archive_is_named_after_its_directory(string path, string name) => Assert.Equal(name, ArchiveName.Of(path, "tar.gz"));
}
