using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>Lists and searches in words: what is missing is named, and nothing is called empty that is not.</summary>
public sealed class FindResultTests
{
    [Fact]
    public void An_empty_list_says_why()
    {
        Assert.Equal("[0 entries. The directory is empty]", List(new([], null) { LeftOut = new(0, 0, 0) }));
        Assert.Equal(
            "[0 entries. Left out: 7 not matched by the glob. "
                + "Nothing in /workspace itself matches glob=*.py; recursive=true looks below too]",
            List(new([], null) { LeftOut = new(0, 7, 0) }, new("c", Glob: "*.py")));
        Assert.Equal(
            "[0 entries. Left out: 3 named by .gitignore (include_ignored=true includes them)]",
            List(new([], null) { LeftOut = new(3, 0, 0), IsRecursive = true }, new("c", Recursive: true)));
    }

    [Fact]
    public void A_glob_that_may_be_meant_otherwise_is_explained()
    {
        Assert.Contains(
            "relative to path", List(
                new([], null) { LeftOut = new(0, 7, 0), IsRecursive = true }, new("c", Glob: "/etc/*")), StringComparison.Ordinal);
        Assert.Contains(
            "relative to path", FsSearchResult.Of(
                new([], 0) { LeftOut = new(0, 7, 0), GlobNote = GlobPattern.Misunderstanding("/etc/*") }).Render(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_with_a_newline_forges_no_line_and_the_shown_name_is_a_path()
    {
        const string name = "/workspace/a\n[0 entries]\u2028\u001b[2J日本";
        const string shown = @"/workspace/a\x0A[0 entries]\xE2\x80\xA8\x1B[2J日本";
        var entry = new FileEntry(name, "file", 1, "0644", 1000, 1000, DateTimeOffset.UnixEpoch, "etag", null, null);
        var listed = FsListResult.Of(new([entry], name) { LeftOut = new(0, 0, 0) }, new("c"));
        Assert.Equal(name, listed.Entries[0].Path);
        Assert.Equal(2, listed.Render().Split('\n').Length);
        Assert.Contains(shown, listed.Render(), StringComparison.Ordinal);
        Assert.Contains(ShownPath.Note, listed.Render(), StringComparison.Ordinal);
        Assert.Equal(name, WorkspacePath.Parse(shown).ToString());
        var found = FsSearchResult.Of(new([new FoundLine(name, 1, "text", [], [])], 1) { LeftOut = new(0, 0, 0) });
        Assert.Equal(name, found.Matches[0].Path);
        Assert.Equal(3, found.Render().Split('\n').Length);
        Assert.StartsWith(shown, found.Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_workspace_with_an_older_agent_says_what_it_cannot_do()
    {
        Assert.Contains("older version", List(new([], null) { IsRecursive = true }, new("c", Recursive: true)), StringComparison.Ordinal);
        Assert.Contains("older version", FsSearchResult.Of(new([], 3)).Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_that_ended_early_says_where_to_go_on()
    {
        var result = FsSearchResult.Of(
            new([], 3) { End = SearchEnd.Time, NextCursor = "/workspace/a:end", LeftOut = new(1, 0, 0, 2), Unfinished = 1 });
        Assert.True(result.Truncated);
        var text = result.Render();
        Assert.Contains("cursor=/workspace/a:end", text, StringComparison.Ordinal);
        Assert.Contains("2 binary, 1 named by .gitignore", text, StringComparison.Ordinal);
        Assert.Contains("exec with grep", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_git_keeps_and_what_gitignore_names_are_counted_apart()
    {
        Assert.Equal(
            "[0 entries. Left out: 3 named by .gitignore, 1 .git (include_ignored=true includes them), 2 not matched by the glob]",
            List(new([], null) { LeftOut = new(3, 2, 0, Git: 1), IsRecursive = true }, new("c", Recursive: true)));
        var searched = FsSearchResult.Of(new([], 3) { LeftOut = new(0, 0, 0, Git: 2, Links: 1) }).Render();
        Assert.Equal(
            "[0 matches in 0 files, 3 searched. Left out: 2 .git (include_ignored=true includes them), 1 link not followed]", searched);
    }

    [Fact]
    public void The_other_matches_of_a_cut_line_are_counted_and_their_places_named()
    {
        var line = new FoundLine("/workspace/a", 1, "…text…", [], []) { Offset = 9, More = 2, MoreAt = [700, 900] };
        Assert.Equal("2 more matches in this line, at bytes 700, 900", MatchResult.Of(line).More);
        Assert.Equal("1 more match in this line, at byte 700", MatchResult.Of(line with { More = 1, MoreAt = [700] }).More);
        Assert.Equal(
            "at least 1000 more matches in this line, at bytes 700, 900, …",
            MatchResult.Of(line with { More = 1000, IsMoreUncounted = true }).More);
        Assert.Null(MatchResult.Of(line with { More = 0 }).More);
        Assert.StartsWith(
            "/workspace/a\n1 (byte 9): …text… [2 more matches in this line, at bytes 700, 900]\n",
            FsSearchResult.Of(new([line], 1) { LeftOut = new(0, 0, 0) }).Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_given_as_a_glob_and_a_pattern_over_lines_are_explained()
    {
        var found = new FoundLines([], 0) { LeftOut = new(0, 4, 0), NamedDirectory = "/workspace/src" };
        Assert.Contains("pass path=/workspace/src", FsSearchResult.Of(found).Hint, StringComparison.Ordinal);
        Assert.Contains("across lines", FsSearchResult.Of(found with { SpansLines = true }).Hint, StringComparison.Ordinal);
        Assert.Contains(
            "pass path=/workspace/src",
            List(new([], null) { LeftOut = new(0, 4, 0), NamedDirectory = "/workspace/src" }, new("c", Glob: "src")),
            StringComparison.Ordinal);
    }

    private static string List(FilePage page, FsListArguments? arguments = null) => FsListResult.Of(page, arguments ?? new("c")).Render();
}
