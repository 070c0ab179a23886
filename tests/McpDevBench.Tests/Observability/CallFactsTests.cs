using McpDevBench.Observability;

namespace McpDevBench.Tests.Observability;

/// <summary>How errors name what a caller gave.</summary>
public sealed class CallFactsTests
{
    [Theory]
    [InlineData("token-ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "'token-ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'")]
    [InlineData("my bench", "'my bench'")]
    [InlineData("a\nb", "'a\uFFFDb'")]
    [InlineData("", "''")]
    public void A_handle_goes_back_whole_and_on_one_line_to_the_one_who_gave_it(string given, string named) =>
        Assert.Equal(named, CallFacts.Named(given));

    [Fact]
    public void A_long_handle_is_cut() => Assert.Equal($"'{new string('x', 256)}…'", CallFacts.Named(new string('x', 10_000)));

    [Fact]
    public void What_is_written_down_is_not_a_secret() =>
        Assert.Null(CallFacts.Handle("token-ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}
