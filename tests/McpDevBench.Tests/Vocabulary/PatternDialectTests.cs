using System.Text.RegularExpressions;

namespace McpDevBench.Tests.Vocabulary;

/// <summary>Patterns that models know from grep find what they mean, or say why not.</summary>
public sealed class PatternDialectTests
{
    [Theory]
    [InlineData("[[:digit:]]+", "a 12", true)]
    [InlineData("^[^[:space:]]+$", "word", true)]
    [InlineData("^[^[:space:]]+$", "two words", false)]
    [InlineData("^[][:alpha:]_-]+$", "é]_-", true)]
    [InlineData("^[[:punct:]]+$", "[]^`\\-!", true)]
    [InlineData("^[[:punct:]]+$", "a", false)]
    [InlineData(@"\[[:digit:]]", "[:]", true)]
    [InlineData("[[:nothing:]]", "n]", true)]
    [InlineData("[:digit:]", "d", true)]
    public void POSIX_classes_match_as_in_grep(string pattern, string line, bool matches) =>
        Assert.Equal(matches, Regex.IsMatch(line, PatternDialect.Translate(pattern)));

    [Theory]
    [InlineData(@"alpha\|beta", "| is a literal")]
    [InlineData(@"\<beta\>", @"\b")]
    [InlineData(@"\(alpha\)", "for a group use ( and )")]
    [InlineData(@"\d\+", "for one or more use +")]
    [InlineData(@"x\{2\}", "use { and }")]
    public void An_escape_of_grep_is_named(string pattern, string note) =>
        Assert.Contains(note, PatternDialect.Misunderstanding(pattern), StringComparison.Ordinal);

    [Theory]
    [InlineData(@"a|b")]
    [InlineData(@"C:\\(x)")]
    [InlineData(@"\d+\.")]
    public void Other_patterns_are_not(string pattern) => Assert.Null(PatternDialect.Misunderstanding(pattern));
}
