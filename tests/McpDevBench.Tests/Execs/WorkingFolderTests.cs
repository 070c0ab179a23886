using System.Text;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>Notations of a working directory.</summary>
public sealed class WorkingFolderTests
{
    private static readonly Dictionary<string, string> _env = new() { ["HOME"] = "/home/dev", ["SRC"] = "/workspace/src" };

    [Theory]
    [InlineData("/workspace/src", "/workspace/src")]
    [InlineData("src", "src")]
    [InlineData("~", "/home/dev")]
    [InlineData("~/x", "/home/dev/x")]
    [InlineData("$HOME", "/home/dev")]
    [InlineData("$HOME/x", "/home/dev/x")]
    [InlineData("${HOME}/x", "/home/dev/x")]
    [InlineData("file:///workspace/a%20b", "/workspace/a b")]
    [InlineData("a$b", "a$b")]
    public void What_can_be_meant_is_understood(string cwd, string folder) =>
        Assert.Equal(folder, Encoding.UTF8.GetString(WorkingFolder.Of(cwd, _env)));

    [Theory]
    [InlineData("$SRC")]
    [InlineData("${SRC}/x")]
    [InlineData("$HOMEX/x")]
    [InlineData("~bob/x")]
    [InlineData("https://h/x")]
    public void What_only_a_shell_could_read_is_refused_with_what_is_allowed(string cwd)
    {
        var refusal = Assert.Throws<RequestException>(() => WorkingFolder.Of(cwd, _env));
        Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains(cwd, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("/workspace", refusal.Hint, StringComparison.Ordinal);
    }
}
