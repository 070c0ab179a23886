using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>Globs and patterns as clients write them, and the lines around matches.</summary>
public sealed class FindTests
{
    [Theory]
    [InlineData(null, ".", "")]
    [InlineData("*.py", ".", "*.py")]
    [InlineData("**/*.py", ".", "**/*.py")]
    [InlineData("./src/**", ".", "src/**")]
    [InlineData("././*.py", ".", "*.py")]
    [InlineData("src/", ".", "src/**")]
    [InlineData(".", ".", "**")]
    [InlineData("/workspace/src/*.py", ".", "/src/*.py")]
    [InlineData("/workspace/*.py", ".", "/*.py")]
    [InlineData("/workspace", ".", "**")]
    [InlineData("/workspace/src/*.py", "src", "/*.py")]
    [InlineData("/workspace/src/*.py", "/workspace/src", "/*.py")]
    [InlineData("/workspace/src", "src", "**")]
    [InlineData("file:///workspace/*.py", ".", "/*.py")]
    [InlineData("file:///workspace/a%20b/*.py", ".", "/a b/*.py")]
    [InlineData("[ab]*.{c,h}", ".", "[ab]*.{c,h}")]
    [InlineData("[]a]", ".", "[]a]")]
    [InlineData(@"\[a", ".", @"\[a")]
    [InlineData("[{]", ".", "[{]")]
    [InlineData("a}", ".", "a}")]
    public void A_glob_is_made_relative_to_the_directory(string? glob, string directory, string normal) =>
        Assert.Equal(normal, GlobPattern.Normalize(glob, WorkspacePath.Parse(directory)));

    [Theory]
    [InlineData("!*.py", ".")]
    [InlineData("../x", ".")]
    [InlineData("a/../../x", ".")]
    [InlineData("/workspace/src/*.py", "lib")]
    [InlineData("~/*.py", ".")]
    [InlineData("$HOME/*.py", ".")]
    [InlineData("file:///etc/*.conf", ".")]
    [InlineData("https://example.org/*.py", ".")]
    [InlineData("[a", ".")]
    [InlineData("[", ".")]
    [InlineData("[]", ".")]
    [InlineData("src/[a/b]", ".")]
    [InlineData("*.{js,ts", ".")]
    [InlineData("{a,{b,c}", ".")]
    public void A_glob_that_could_never_match_is_refused_with_a_hint(string glob, string directory)
    {
        var refused = Assert.Throws<RequestException>(() => GlobPattern.Normalize(glob, WorkspacePath.Parse(directory)));
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code);
        Assert.Contains(glob, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Hint);
    }

    [Theory]
    [InlineData("/etc/*", "relative to path")]
    [InlineData("app/[slug]/page.tsx", @"written \[")]
    [InlineData("**/*.py", null)]
    [InlineData("/workspace/*.py", null)]
    [InlineData(null, null)]
    public void A_glob_that_found_nothing_is_explained_where_it_may_be_meant_otherwise(string? glob, string? part)
    {
        if (part is null)
            Assert.Null(GlobPattern.Misunderstanding(glob));
        else
            Assert.Contains(part, GlobPattern.Misunderstanding(glob), StringComparison.Ordinal);
    }

    [Fact]
    public void A_glob_over_directories_looks_below()
    {
        Assert.True(GlobPattern.IsDeep("**/*.py"));
        Assert.True(GlobPattern.IsDeep("src/*.py"));
        Assert.True(GlobPattern.IsDeep("**"));
        Assert.False(GlobPattern.IsDeep("*.py"));
        Assert.False(GlobPattern.IsDeep(""));
    }

    [Theory]
    [InlineData("a\nb", true, false)]
    [InlineData("a\nb", false, false)]
    [InlineData(@"a\nb", false, false)]
    [InlineData(@"a\\\nb", false, false)]
    [InlineData(@"a\nb", true, true)]
    [InlineData(@"C:\\new", false, true)]
    [InlineData(@"trailing\", false, true)]
    [InlineData(@"a\r?\nb", false, false)]
    [InlineData(@"a\x0ab", false, false)]
    [InlineData(@"a\u000Ab", false, false)]
    [InlineData(@"x[^\n]*y", false, true)]
    [InlineData(@"foo|bar\n", false, true)]
    [InlineData(@"foo\n?bar", false, true)]
    [InlineData(@"foo(\nbar)?", false, true)]
    [InlineData(@"(.|\n)*?end", false, true)]
    [InlineData(@"foo(?!\n)", false, true)]
    [InlineData(@"\Name", false, true)]
    public void A_pattern_over_lines_is_refused(string pattern, bool literal, bool possible)
    {
        if (possible)
            SearchPattern.Check(pattern, literal);
        else
            Assert.Contains(
                "context", Assert.Throws<RequestException>(() => SearchPattern.Check(pattern, literal)).Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"begin[\s\S]*end", true)]
    [InlineData(@"begin[x\D\d]*end", true)]
    [InlineData(@"begin[\W\w]+end", true)]
    [InlineData("(?s)begin.*end", true)]
    [InlineData("(?is:begin.*end)", true)]
    [InlineData(@"begin(.|\n)*end", true)]
    [InlineData(@"begin\s*\n?end", true)]
    [InlineData(@"[^\n]+", false)]
    [InlineData("(?i)begin", false)]
    [InlineData("(?-s)begin", false)]
    [InlineData(@"\sclass\S", false)]
    [InlineData("(?<s>a)", false)]
    public void A_pattern_that_may_span_lines_is_known(string pattern, bool spans) =>
        Assert.Equal(spans, SearchPattern.MaySpanLines(pattern));

    [Theory]
    [InlineData("src", true)]
    [InlineData("src/lib", true)]
    [InlineData("*.py", false)]
    [InlineData("src/", false)]
    [InlineData("{a,b}", false)]
    public void A_glob_without_wildcards_is_a_name(string glob, bool plain) => Assert.Equal(plain, GlobPattern.IsPlain(glob));

    [Fact]
    public void No_line_is_there_twice()
    {
        FoundLine[] found =
        [
            new("a", 3, "m3", ["l1", "l2"], ["m4", "l5"]),
            new("a", 4, "m4", ["l2", "m3"], ["l5", "l6"]),
            new("a", 7, "m7", ["l5", "l6"], ["l8", "l9"]),
            new("a", 20, "m20", ["l18", "l19"], []),
            new("b", 1, "m1", [], ["l2"]),
        ];
        var separate = FoundLine.Separate(found);
        Assert.Equal(
            ["l1,l2|", "|l5,l6", "|l8,l9", "l18,l19|", "|l2"],
            separate.Select(match => $"{string.Join(',', match.Before)}|{string.Join(',', match.After)}"));
        var lines = separate.SelectMany(
            match => Enumerable.Range(match.Line - match.Before.Count, match.Before.Count + 1 + match.After.Count).Select(
                line => (match.Path, line)));
        Assert.Equal(lines.Distinct(), lines);
    }
}
