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

    private static string[] Show(SearchResponse response)
        => [.. response.Matches.Select(match => $"{Encoding.UTF8.GetString(match.Path)}:{match.Line}:{match.Text}")];

    private static string[] Paths(SearchResponse response) =>
        [.. response.Matches.Select(match => Encoding.UTF8.GetString(match.Path)).Distinct()];

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
        foreach (var path in new[] { "x.log", "keep.log", "build/f", "src/build/f", "out/f", "src/out/f", "sub/f.tmp", "src/sub/f.tmp",
            "#odd", "src/local", "local", "src/x.log", ".git/config" })
            Put(path, "needle");
        Assert.Equal(
            ["keep.log", "local", "src/build/f", "src/sub/f.tmp", "src/x.log"],
            _client.Search("needle").Matches.Select(match => Encoding.UTF8.GetString(match.Path)));
        Assert.Equal(13, _client.Search("needle", all: true).Matches.Count);
        Assert.Equal(["src/build/f", "src/sub/f.tmp", "src/x.log"], _client.Search("needle", path: "src")
            .Matches.Select(match => Encoding.UTF8.GetString(match.Path)));
    }

    [Fact]
    public void Every_match_of_a_cut_line_is_counted_with_its_place()
    {
        // Over two pieces, with matches in what they have in common, and as one line of a minified file.
        Put("pieces", $"{new string('x', 300_000)}needle{string.Concat(Enumerable.Repeat($"{new string('y', 10_000)}needle", 40))}\n");
        Put("minified", $"{new string('z', 1_000)}needle{new string('z', 1_000)}needle é needle{new string('z', 500)}\nneedle needle\n");
        foreach (var literal in new[] { true, false })
        {
            var response = _client.Search("needle", literal: literal);
            Assert.Equal(["minified:1", "minified:2", "pieces:1"], response.Matches.Select(
                match => $"{Encoding.UTF8.GetString(match.Path)}:{match.Line}"));
            Assert.Equal([2u, 0u, 40u], response.Matches.Select(match => match.More));
            Assert.Equal([2_006UL, 2_016UL], response.Matches[0].MoreAt);
            Assert.Equal(
                Enumerable.Range(1, SearchMatch.MaxMoreAt).Select(i => 300_000UL + (ulong)(i * 10_006)), response.Matches[2].MoreAt);
        }
        var empty = _client.Search("q*", path: "minified").Matches[0];
        Assert.Equal((0u, false), (empty.More, empty.IsMoreUncounted));
        var many = _client.Search("[yx]", path: "pieces").Matches[0];
        Assert.True(many.IsMoreUncounted);
        Assert.InRange(many.More, 900u, 300_000u);
    }

    [Fact]
    public void Git_directories_and_links_are_counted_apart()
    {
        Put(".gitignore", "*.log\n");
        Put("x.log", "needle");
        Put(".git/config", "needle");
        File.CreateSymbolicLink(_agent["link"], "a.txt");
        var limits = _client.Search("needle").Limits!;
        Assert.Equal((1u, 1u, 1u), (limits.Ignored, limits.Git, limits.Links));
    }

    [Fact]
    public void Binary_files_are_passed_over_and_counted()
    {
        File.WriteAllBytes(_agent["binary"], [.. Bytes("needle"), 0, 1]);
        File.WriteAllBytes(_agent["invalid"], [0xff, .. Bytes("needle")]);
        var response = _client.Search("needle");
        Assert.Equal(["invalid:1:\u00ffneedle"], Show(response));
        Assert.Equal(1u, response.Limits!.Binary);
        Assert.Equal(["binary", "invalid"], Paths(_client.Search("needle", all: true)));
    }

    [Fact]
    public void A_match_is_found_anywhere_in_a_line_of_any_length_and_shown_with_what_is_around_it()
    {
        Put(
            "long",
            new string('é', 500_000) + "needle" + new string('ü', 300_000) + "\n" + new string('x', 5_000) + "needle\nneedle after\n");
        foreach (var literal in new[] { true, false })
        {
            var response = _client.Search("needle", literal: literal);
            Assert.Equal([1u, 2u, 3u], response.Matches.Select(match => match.Line));
            Assert.Equal([1_000_000UL, 1_600_007 + 5_000UL, null], response.Matches.Select(match => match.Offset));
            Assert.StartsWith("…éé", response.Matches[0].Text, StringComparison.Ordinal);
            Assert.Contains("éneedleü", response.Matches[0].Text, StringComparison.Ordinal);
            Assert.EndsWith("xneedle", response.Matches[1].Text, StringComparison.Ordinal);
            Assert.All(response.Matches, match => Assert.InRange(match.Text.Length, 1, 500));
            Assert.Equal(1u, response.Limits!.LongLines);
        }
    }

    [Fact]
    public void The_ends_of_a_piece_are_not_the_ends_of_its_line()
    {
        Put("long", string.Concat(Enumerable.Repeat("abcdefgh", 200_000)) + "the end");
        Assert.Empty(_client.Search("(^efgh|abcd$|^h)").Matches);
        Assert.Single(_client.Search("^abc").Matches);
        Assert.Single(_client.Search("the end$").Matches);
        Assert.Single(_client.Search("abc.*h").Matches);
        Put("same", new string('a', 700_000) + "b");
        Assert.Empty(_client.Search("a$", path: "same").Matches);
        Assert.Empty(_client.Search("a(?!a|b)", path: "same").Matches);
        Assert.All(["a+", "a.*", ".+", "a{9}b$"], pattern => Assert.Single(_client.Search(pattern, path: "same").Matches));
    }

    [Theory]
    [InlineData("(", "a closing parenthesis is missing, at character 1")]
    [InlineData("[a", "a closing bracket ] is missing, at character 2")]
    [InlineData("a**", "a quantifier follows a quantifier, at character 3")]
    [InlineData("\\xg", "insufficient or invalid hex digits, at character ")]
    public void An_invalid_expression_is_described(string pattern, string expected)
    {
        foreach (var ignoreCase in new[] { false, true })
        {
            var error = Assert.ThrowsAny<Exception>(() => _client.Search(pattern, ignoreCase: ignoreCase));
            Assert.Contains($"pattern: not a valid regular expression: {expected}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void All_of_a_large_file_is_searched()
    {
        using (var huge = File.Create(_agent["huge"]))
        {
            huge.Write(Bytes("first needle\n"));
            huge.Seek(20 << 20, SeekOrigin.Begin);
            huge.Write(Bytes("\nlast needle\n"));
        }
        Assert.Equal(["huge:1:first needle", "huge:3:last needle"], Show(_client.Search("needle$", all: true)));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_line()
    {
        File.WriteAllBytes(_agent["utf8"], [0xEF, 0xBB, 0xBF, .. Bytes("using é\nusing")]);
        File.WriteAllBytes(_agent["utf16be"], [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("using é 🦀\r\nusing")]);
        File.WriteAllBytes(_agent["utf16le"], [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(new string('日', 100_000) + "\nusing é")]);
        Assert.Equal(
            ["utf16be:1:using é 🦀", "utf16be:2:using", "utf16le:2:using é", "utf8:1:using é", "utf8:2:using"],
            Show(_client.Search("^using")));
        Assert.Equal(["utf16be", "utf16le", "utf8"], Paths(_client.Search("using é", literal: true)));
    }

    [Fact]
    public void Latin1_is_searched_as_text()
    {
        File.WriteAllBytes(_agent["old"], Encoding.Latin1.GetBytes("Größe\n"));
        Assert.Equal(["old:1:Größe"], Show(_client.Search("Größe", literal: true)));
        Assert.Equal(["old:1:Größe"], Show(_client.Search("Gr.ße$")));
        Assert.Equal(["old:1:Größe"], Show(_client.Search("GRÖSSE|größe", ignoreCase: true)));
    }

    [Fact]
    public void Carriage_returns_are_found_by_a_pattern_that_names_them_and_never_shown()
    {
        Assert.Equal(["a.txt:2:two"], Show(_client.Search(@"\r$")));
        Assert.Equal(["a.txt:2:two"], Show(_client.Search(@"^two$")));
    }

    [Fact]
    public void What_is_not_searched_is_counted()
    {
        Put(".gitignore", "*.log\nout/\n");
        Put("x.log", "two");
        Put("out/deep/y.txt", "two");
        var limits = _client.Search("two", glob: "*.txt").Limits!;
        Assert.Equal((2u, 2u, 0u), (limits.Ignored, limits.Unmatched, limits.Unreadable));
    }

    [Fact]
    public void A_search_goes_on_where_it_ended()
    {
        var found = new List<string>();
        SearchLimits? limits = null;
        do
        {
            var response = _client.Search("two", ignoreCase: true, max: 1, after: limits);
            found.AddRange(Show(response));
            limits = response.Limits!.Stop == SearchStop.None ? null : response.Limits;
            Assert.True(found.Count < 10);
        }
        while (limits is not null);
        Assert.Equal(["a.txt:2:two", "a.txt:3:three two", "src/b.cs:1:class Two { }", "src/b.cs:2:// two"], found);
    }

    [Fact]
    public void A_bad_pattern_is_an_error()
    {
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Search("(unclosed")));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Search("")));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Search(new string('(', 4_000))));
    }

    [Fact]
    public void A_pattern_that_takes_too_long_ends_the_search_and_shows()
    {
        Put("aaa", string.Concat(Enumerable.Repeat(new string('a', 60) + "\n", 10)) + "aab\n");
        var response = _client.Search("^(a+)+$b|one");
        Assert.Equal(["a.txt:1:one"], Show(response));
        Assert.Equal(
            (SearchStop.Pattern, 3u, "aaa", 3u),
            (response.Limits!.Stop, response.Limits.SlowLines, Encoding.UTF8.GetString(response.Limits.Path), response.Limits.Line));
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
