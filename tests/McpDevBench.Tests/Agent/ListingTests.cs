using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

public sealed class ListingTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ListingTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void A_listing_is_in_the_order_of_bytes_and_its_pages_fit_together()
    {
        foreach (var path in new[] { "a/x", "a/y/z", "a-b", "a.txt", "b", "ü", "A/1" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
            File.WriteAllText(_agent[path], "");
        }
        File.CreateSymbolicLink(_agent["loop"], ".");
        var all = _client.List("", recursive: true).Paths();
        Assert.Equal(["A", "A/1", "a", "a-b", "a.txt", "a/x", "a/y", "a/y/z", "b", "loop", "ü"], all);
        Assert.Equal(["A", "a", "a-b", "a.txt", "b", "loop", "ü"], _client.List("").Paths());
        for (var size = 1u; size < 5; size++)
        {
            var pages = new List<string>();
            byte[] after = [];
            while (true)
            {
                var page = _client.List("", recursive: true, max: size, after: after);
                pages.AddRange(page.Paths());
                if (!page.More)
                    break;
                after = page.Entries[^1].Path;
            }
            Assert.Equal(all, pages);
        }
        Assert.Equal(["a/x", "a/y"], _client.List("a").Paths());
        Assert.Equal(["a/y/z"], _client.List("a", recursive: true, after: Bytes("a/y")).Paths());
    }

    [Theory]
    [InlineData("*.cs", "a.cs,src/b.cs,src/deep/c.cs")]
    [InlineData("src/*.cs", "src/b.cs")]
    [InlineData("src/**/*.cs", "src/b.cs,src/deep/c.cs")]
    [InlineData("**/c.*", "src/deep/c.cs")]
    [InlineData("src/**", "src/b.cs,src/deep,src/deep/c.cs")]
    [InlineData("[ab].{cs,txt}", "a.cs,a.txt,src/b.cs")]
    [InlineData("[!a].cs", "src/b.cs,src/deep/c.cs")]
    [InlineData("?.txt", "a.txt,ö.txt")]
    [InlineData("[ä-ü].txt", "ö.txt")]
    [InlineData("{src/{b,d}.cs,a.txt}", "a.txt,src/b.cs")]
    public void A_glob_selects(string glob, string expected)
    {
        foreach (var path in new[] { "a.cs", "a.txt", "ö.txt", "src/b.cs", "src/deep/c.cs" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
            File.WriteAllText(_agent[path], "");
        }
        Assert.Equal(expected, string.Join(',', _client.List("", recursive: true, glob: glob).Paths()));
    }

    [Fact]
    public void A_hostile_glob_takes_no_time()
    {
        File.WriteAllText(_agent[new string('a', 200)], "");
        Assert.Empty(_client.List("", glob: string.Concat(Enumerable.Repeat("*a", 100)) + "b").Paths());
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.List("", glob: string.Concat(Enumerable.Repeat("{a,b}", 20)))));
    }

    [Fact]
    public void A_large_directory_comes_in_pages_and_a_huge_one_not_at_all()
    {
        _client.Run("mkdir many && cd many && seq -f 'file-with-quite-a-long-name-%06g' 1 20000 | xargs touch");
        var seen = 0;
        byte[] after = [];
        while (true)
        {
            var page = _client.List("many", max: uint.MaxValue, after: after);
            seen += page.Entries.Count;
            if (!page.More)
                break;
            after = page.Entries[^1].Path;
        }
        Assert.Equal(20_000, seen);
    }
}
