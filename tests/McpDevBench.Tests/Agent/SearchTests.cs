using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

public sealed class SearchTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public SearchTests()
    {
        _client = _agent.Connect();
        Put("a.txt", "one\ntwo\r\nthree two\nfour\n");
        Put("src/b.cs", "class Two { }\n// two");
    }

    public void Dispose() => _agent.Dispose();

    private void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
        File.WriteAllText(_agent[path], text);
    }

    private static string[] Show(SearchResponse response) => [.. response.Matches.Select(match => $"{Encoding.UTF8.GetString(match.Path)}:{match.Line}:{match.Text}")];

    [Fact]
    public void Lines_are_found_by_expression_and_literally()
    {
        Assert.Equal(["a.txt:2:two", "a.txt:3:three two", "src/b.cs:2:// two"], Show(_client.Search("two")));
        Assert.Equal(["a.txt:2:two"], Show(_client.Search("^two$")));
        Assert.Equal(["src/b.cs:1:class Two { }"], Show(_client.Search("{ }", literal: true)));
        Assert.Equal(4, _client.Search("TWO", ignoreCase: true).Matches.Count);
        Assert.Equal(4, _client.Search("TWO", literal: true, ignoreCase: true).Matches.Count);
        Assert.Equal(["src/b.cs:2:// two"], Show(_client.Search("two", glob: "*.cs")));
        Assert.Equal(["a.txt:2:two", "a.txt:3:three two"], Show(_client.Search("two", path: "a.txt")));
        Assert.Equal(2u, _client.Search("nothing").Files);
    }

    [Fact]
    public void Context_is_given_and_results_are_limited()
    {
        var response = _client.Search("two", path: "a.txt", context: 1);
        Assert.Equal(["one"], response.Matches[0].Before);
        Assert.Equal(["three two"], response.Matches[0].After);
        Assert.Equal(["four"], response.Matches[1].After);
        var limited = _client.Search("two", max: 2);
        Assert.Equal((2, true), (limited.Matches.Count, limited.Truncated));
        Assert.False(_client.Search("two", max: 3).Truncated);
    }

    [Fact]
    public void What_git_ignores_is_left_out_unless_asked_for()
    {
        Put(".gitignore", "*.log\n!keep.log\n/build\nout/\nsub/*.tmp\n# comment\n\\#odd\n");
        Put("src/.gitignore", "local\n!x.log\n");
        foreach (var path in new[] { "x.log", "keep.log", "build/f", "src/build/f", "out/f", "src/out/f", "sub/f.tmp", "src/sub/f.tmp", "#odd", "src/local", "local", "src/x.log", ".git/config" })
            Put(path, "needle");
        Assert.Equal(
            ["keep.log", "local", "src/build/f", "src/sub/f.tmp", "src/x.log"],
            _client.Search("needle").Matches.Select(match => Encoding.UTF8.GetString(match.Path)));
        Assert.Equal(13, _client.Search("needle", all: true).Matches.Count);
        Assert.Equal(["src/build/f", "src/sub/f.tmp", "src/x.log"], _client.Search("needle", path: "src").Matches.Select(match => Encoding.UTF8.GetString(match.Path)));
    }

    [Fact]
    public void Binary_and_huge_files_are_passed_over_and_long_lines_cut()
    {
        File.WriteAllBytes(_agent["binary"], [.. Bytes("needle"), 0, 1]);
        File.WriteAllBytes(_agent["invalid"], [0xff, .. Bytes("needle")]);
        Put("long", new string('é', 500_000) + "needle\n" + new string('x', 5_000) + "needle\nneedle after\n");
        using (var huge = File.Create(_agent["huge"]))
        {
            huge.Write(Bytes("needle\n"));
            huge.SetLength(20 << 20);
        }
        var matches = _client.Search("needle").Matches;
        Assert.Equal(["invalid:1:\ufffdneedle", $"long:2:{new string('x', 1_000)}", "long:3:needle after"], Show(new SearchResponse(matches, 0, false)));
        Assert.Equal(["binary", "invalid", "long", "long"], _client.Search("needle", all: true).Matches.Select(match => Encoding.UTF8.GetString(match.Path)));
    }

    [Fact]
    public void A_bad_pattern_and_a_slow_one_are_refused()
    {
        Assert.Equal(AgentStatus.Invalid, Refusal(() => _client.Search("(unclosed")));
        Assert.Equal(AgentStatus.Invalid, Refusal(() => _client.Search("")));
        Assert.Equal(AgentStatus.Invalid, Refusal(() => _client.Search(new string('(', 4_000))));
        Put("aaa", new string('a', 60));
        Assert.Equal(AgentStatus.Invalid, Refusal(() => _client.Search("^(a+)+$b")));
        Assert.Equal(3, _client.Search("two").Matches.Count);
    }

    [Fact]
    public void An_answer_never_outgrows_a_frame()
    {
        Put("wide", string.Concat(Enumerable.Repeat(new string('ü', 1_000) + "\n", 3_000)));
        var response = _client.Search("ü", context: 50, max: 100_000);
        Assert.True(response.Truncated);
        Assert.True(response.Matches.Count > 0);
    }
}
