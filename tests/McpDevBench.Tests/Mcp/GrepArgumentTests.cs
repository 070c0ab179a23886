using McpDevBench.Execs;
using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>A pattern that can match no line is refused before anything is sent; one that matched nothing is explained.</summary>
public sealed class GrepArgumentTests
{
    [Theory]
    [InlineData("a\nb")]
    [InlineData(@"a\nb")]
    [InlineData("(")]
    public void What_can_match_no_line_is_refused_before_the_wait_and_the_input(string grep)
    {
        Assert.Throws<RequestException>(() => new ExecPollArguments("e", Until: "match", Grep: grep).Check());
        Assert.Throws<RequestException>(() => new ExecInputArguments("e", Data: "x", Until: "match", Grep: grep).Check());
    }

    [Fact]
    public void A_pattern_of_grep_that_matched_nothing_is_explained()
    {
        var nothing = new OutputSlice([], new(7)) { Unmatched = 3 };
        Assert.Contains("for alternatives use |", OutputOptions.Unmatched(nothing, -1, @"alpha\|beta"), StringComparison.Ordinal);
        Assert.Contains("across lines", OutputOptions.Unmatched(nothing, -1, @"a[\s\S]*b"), StringComparison.Ordinal);
        var something = nothing with { Messages = [new(0, "stdout", "alpha|beta\n", default)] };
        Assert.DoesNotContain("alternatives", OutputOptions.Unmatched(something, -1, @"alpha\|beta"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_that_found_nothing_says_so_too()
    {
        var found = new FoundLines([], 3) { LeftOut = new(0, 0, 0), PatternNote = PatternDialect.Misunderstanding(@"\<beta") };
        Assert.Contains(@"\< is a literal <", FsSearchResult.Of(found).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_was_matched_in_pieces_is_reported() =>
        Assert.Equal(
            "1 line over 524288 characters matched in pieces: a match of more than 262144 characters can be missed there.",
            OutputOptions.Unmatched(new OutputSlice([], new(7)) { InPieces = 1 }, -1, "x"));
}
