using System.Text;
using McpDevBench.Engine;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

public sealed class WorkspacePathTests
{
    [Theory]
    [InlineData(".", "")]
    [InlineData("/workspace", "")]
    [InlineData("/workspace/", "")]
    [InlineData("a/b", "a/b")]
    [InlineData("/workspace/a//b/./c/", "a/b/c")]
    [InlineData("/workspace/../workspace/a", "a")]
    [InlineData("//workspace/a", "a")]
    [InlineData("a/../b", "b")]
    [InlineData("-rf", "-rf")]
    [InlineData("./~", "~")]
    [InlineData("/workspace/~/a", "~/a")]
    [InlineData("~backup", "~backup")]
    [InlineData("a:b", "a:b")]
    [InlineData("./a:/b", "a:/b")]
    [InlineData("file:a", "file:a")]
    [InlineData("file:///workspace/a%20b/%C3%A4.txt", "a b/\u00e4.txt")]
    [InlineData("FILE://localhost/workspace/a", "a")]
    [InlineData("file:/workspace/a", "a")]
    [InlineData("file:///workspace", "")]
    [InlineData("file:///workspace/%5Cx41", "\\x41")]
    [InlineData("a\nb", "a\nb")]
    public void A_path_below_the_workspace_is_made_relative_to_it(string text, string relative) =>
        Assert.Equal(relative, Encoding.UTF8.GetString(WorkspacePath.Parse(text).Relative));

    [Theory]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("/workspace-evil/a")]
    [InlineData("/workspace2")]
    [InlineData("..")]
    [InlineData("../workspace/a")]
    [InlineData("a/../../etc")]
    [InlineData("/workspace/../etc/passwd")]
    [InlineData("/workspace/..")]
    [InlineData("/proc/self/root/workspace")]
    public void A_path_that_leads_out_is_denied(string text) =>
        Assert.Equal(ErrorCode.PathDenied, Assert.Throws<RequestException>(() => WorkspacePath.Parse(text)).Code);

    [Theory]
    [InlineData("~")]
    [InlineData("~/notes.txt")]
    [InlineData("file:///etc/passwd")]
    [InlineData("file:///workspace/%2e%2e/etc")]
    public void The_home_directory_and_what_a_uri_leads_to_outside_are_denied(string text) =>
        Assert.Equal(ErrorCode.PathDenied, Assert.Throws<RequestException>(() => WorkspacePath.Parse(text)).Code);

    [Theory]
    [InlineData("", "The path is empty.", "src/main.py")]
    [InlineData("/home/dev/notes.txt", "is in the home directory", "exec")]
    [InlineData("/home/dev", "is in the home directory", "below /workspace")]
    [InlineData("~user/notes.txt", "is in the home directory", "exec")]
    [InlineData("/home/devil/x", "is not below /workspace", "relative to it")]
    [InlineData(@"C:\x", "a path of Windows", "with / between its parts")]
    [InlineData("c:/project/x", "a path of Windows", "below /workspace")]
    [InlineData(@"\\server\share", "a path of Windows", "below /workspace")]
    [InlineData("file://server/workspace/a", "names another host", "file:///workspace/")]
    public void An_error_says_what_is_wrong_and_what_is_allowed(string text, string why, string allowed)
    {
        var refusal = Assert.Throws<RequestException>(() => WorkspacePath.Parse(text));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_home_directory_is_the_one_that_workspaces_have() =>
        Assert.Contains(
            "home directory", Assert.Throws<RequestException>(() => WorkspacePath.Parse($"{ContainerSpec.HomePath}/x")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("https://example.org/a")]
    [InlineData("workspace://c_1/a")]
    [InlineData("file://server/workspace/a")]
    [InlineData("file:///workspace/100%")]
    [InlineData("file:///workspace/%zz")]
    [InlineData("file:///workspace/%00")]
    public void A_uri_of_another_kind_is_not_taken_for_a_name(string text) =>
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RequestException>(() => WorkspacePath.Parse(text)).Code);

    [Fact]
    public void Nul_and_overlong_paths_are_refused()
    {
        foreach (var text in new[] { "a\0b", "\\x00", new string('a', 256), string.Join('/', Enumerable.Repeat("abcdefg", 600)) })
            Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RequestException>(() => WorkspacePath.Parse(text)).Code);
    }

    [Fact]
    public void Every_name_has_a_text_that_leads_back_to_it()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var name = new byte[random.Next(1, 40)];
            for (var i = 0; i < name.Length; i++)
                name[i] = random.Next(4) switch { 0 => (byte)random.Next(1, 256), 1 => (byte)'\\', 2 => (byte)'x', _ => (byte)"0123456789abcdefABCDEF€"[random.Next(16)] };
            name.AsSpan().Replace((byte)'/', (byte)'_');
            if (name.All(value => value == '.'))
                continue;
            var text = WorkspacePath.TextOf(name);
            Assert.Equal(name, WorkspacePath.Parse(text).Relative);
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        }
    }
}
