using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace McpDevBench.Tests.Vocabulary;

public sealed partial class PluralTests
{
    /// <summary>A number that is filled in can be 1, unless the text names a limit that it is beyond.</summary>
    [Fact]
    public void Every_counted_noun_of_the_server_follows_its_number()
    {
        var wrong = from path in Directory.EnumerateFiles(Source(), "*.cs", SearchOption.AllDirectories)
                    from line in File.ReadLines(path)
                    where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && CountedNoun().IsMatch(line)
                        && !AboutALimit().IsMatch(line)
                    select $"{Path.GetFileName(path)}: {line.Trim()}";
        Assert.Empty(wrong);
        Assert.Matches(CountedNoun(), "$\"{count} entries\"");
    }

    [GeneratedRegex(
        @"\$"".*\{(?!Plural|Max)[A-Za-z][^{}""]*\} ((more|running|kept|other|stopped) )?(entries|directories|processes|bytes|lines|"
            + "files|records|characters|items|workspaces|commands|operations|days|seconds|images|actions|layers|replacements|messages)\\b")]
    private static partial Regex CountedNoun();

    [GeneratedRegex("at most|more than|far more|may have|ProtocolException|not possible|bytes can have|bytes came")]
    private static partial Regex AboutALimit();

    private static string Source([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../src/McpDevBench"));

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
    public void An_irregular_noun_has_its_own_form(long count, string expected) =>
        Assert.Equal(expected, Plural.Of(count, "entry", "entries"));
}
