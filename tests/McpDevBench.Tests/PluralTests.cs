namespace McpDevBench.Tests;

public sealed class PluralTests
{
    [Theory]
    [InlineData(0, "0 lines")]
    [InlineData(1, "1 line")]
    [InlineData(2, "2 lines")]
    [InlineData(12345, "12345 lines")]
    public void A_noun_follows_its_number(long count, string expected) => Assert.Equal(expected, Plural.Of(count, "line"));

    [Theory]
    [InlineData(0, "0 entries")]
    [InlineData(1, "1 entry")]
    [InlineData(3, "3 entries")]
    public void An_irregular_noun_has_its_own_form(long count, string expected) => Assert.Equal(expected, Plural.Of(count, "entry", "entries"));
}
