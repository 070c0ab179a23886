using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>Lists of a tree: without what git ignores, in pages that go on exactly, and with what was left out.</summary>
public sealed class ListTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ListTests()
    {
        _client = _agent.Connect();
        foreach (var path in new[] { ".git/config", ".venv/lib/a.py", ".venv/lib/b.py", "src/a.py", "src/b.txt", "src/build/c.py", "z.py" })
            Put(path, "x");
        Put(".gitignore", ".venv/\n");
        Put("src/.gitignore", "/build\n");
    }

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void What_git_ignores_is_left_out_and_counted_if_that_is_asked_for()
    {
        var list = _client.List("", recursive: true, all: false);
        Assert.Equal([".gitignore", "src", "src/.gitignore", "src/a.py", "src/b.txt", "z.py"], list.Paths());
        Assert.Equal(new ListCounts(Ignored: 2, Unmatched: 0, Unreadable: 0, Git: 1), list.Counts);
        Assert.Equal(14, _client.List("", recursive: true).Entries.Count);
        Assert.Equal([".venv/lib", ".venv/lib/a.py", ".venv/lib/b.py"], _client.List(".venv", recursive: true, all: false).Paths());
    }

    [Fact]
    public void Entries_that_a_glob_does_not_match_are_counted()
    {
        var list = _client.List("", recursive: true, glob: "**/*.py", all: false);
        Assert.Equal(["src/a.py", "z.py"], list.Paths());
        Assert.Equal(new ListCounts(Ignored: 2, Unmatched: 4, Unreadable: 0, Git: 1), list.Counts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.py")]
    [InlineData("nothing")]
    public void Pages_have_every_entry_once(string glob)
    {
        var whole = _client.List("", recursive: true, glob, all: false);
        for (var size = 1u; size < 8; size++)
        {
            var paths = new List<string>();
            var counts = new ListCounts(0, 0, 0, 0);
            byte[] after = [];
            do
            {
                var page = _client.List("", recursive: true, glob, max: size, after, all: false);
                paths.AddRange(page.Paths());
                counts = new(
                    counts.Ignored + page.Counts!.Ignored, counts.Unmatched + page.Counts.Unmatched, 0, counts.Git + page.Counts.Git);
                after = page.More ? page.Reached : [];
            }
            while (after.Length > 0);
            Assert.Equal(whole.Paths(), paths);
            Assert.Equal(whole.Counts, counts);
        }
    }

    [Fact]
    public void A_server_of_version_1_gets_the_whole_tree()
    {
        using var agent = new AgentProcess();
        using var older = new AgentClient(agent.ToAgent, agent.FromAgent) { Newest = 1 }.Shake(agent.Secret);
        Directory.CreateDirectory(agent[".git"]);
        File.WriteAllText(agent[".git/needle"], "needle");
        var list = older.List("", recursive: true, all: false);
        Assert.Equal([".git", ".git/needle"], list.Paths());
        Assert.Null(list.Counts);
        Assert.Null(older.Search("needle", all: true).Limits);
    }

    [Fact]
    public void An_agent_of_version_1_answers_without_counts()
    {
        using var agent = AgentProcess.Of(OlderAgent.Of(1));
        using var client = agent.Connect();
        File.WriteAllText(agent["file"], "needle");
        var list = client.List("", recursive: true, all: false);
        Assert.Equal(["file"], list.Paths());
        Assert.Null(list.Counts);
        var found = client.Search("needle");
        Assert.Equal((1, null), (found.Matches.Count, found.Limits));
    }

    private void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
        File.WriteAllText(_agent[path], text);
    }
}
