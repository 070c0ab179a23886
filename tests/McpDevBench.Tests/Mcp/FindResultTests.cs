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
    public void A_cut_line_may_have_more_matches_than_the_one_that_is_shown()
    {
        var whole = new FoundLine("/workspace/a", 1, "text", [], []);
        var none = new LeftOut(0, 0, 0);
        Assert.Null(FsSearchResult.Of(new([whole], 1) { LeftOut = none }).Hint);
        Assert.Equal(
            "Of a line that is cut, only the first match is shown: it may have more",
            FsSearchResult.Of(new([whole with { Offset = 9 }], 1) { LeftOut = none }).Hint);
    }

    private static string List(FilePage page, FsListArguments? arguments = null) => FsListResult.Of(page, arguments ?? new("c")).Render();
}
