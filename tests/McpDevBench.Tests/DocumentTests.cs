using System.Text.RegularExpressions;
using McpDevBench.Cli;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests;

/// <summary>
/// README, CONTRIBUTING, docs and deploy name settings, tools, tests and files that exist, and leave out no setting and no tool.
/// </summary>
public sealed partial class DocumentTests
{
    private static readonly string _root = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    private static readonly List<string> _documents =
    [
        .. Directory.EnumerateFiles(_root, "*.md"),
        .. new[] { "docs", "deploy" }.SelectMany(
            folder => Directory.EnumerateFiles(Path.Combine(_root, folder), "*.md", SearchOption.AllDirectories)),
    ];

    [Fact]
    public void Every_setting_is_in_the_guide_with_its_default()
    {
        var guide = SettingRow().Matches(File.ReadAllText(Path.Combine(_root, "docs/guide/settings.md")))
            .Select(row => $"{row.Groups["name"].Value} = {row.Groups["default"].Value}");
        var server = Help.Settings().Select(setting => $"{setting.Name} = {setting.Default}");
        Assert.Equal(server.Order(StringComparer.Ordinal), guide.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_setting_that_a_document_names_exists()
    {
        var known = Help.Settings().Select(setting => setting.Name).ToHashSet();
        Assert.Empty(Found(SettingName(), name => !known.Contains(name)));
    }

    [Fact]
    public void The_readme_has_every_tool()
    {
        using var server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });
        var readme = File.ReadAllText(Path.Combine(_root, "README.md"));
        var tools = server.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool.Name);
        Assert.All(tools, tool => Assert.Contains($"`{tool}`", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_test_that_a_document_names_exists()
    {
        var known = Directory.EnumerateFiles(Path.Combine(_root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension).ToHashSet();
        Assert.Empty(Found(TestName(), name => !known.Contains(name)));
    }

    [Fact]
    public void Every_link_leads_to_a_file_and_a_heading()
    {
        var broken = from document in _documents
                     from link in Link().Matches(File.ReadAllText(document)).Select(match => match.Groups["target"].Value)
                     where !link.Contains("://", StringComparison.Ordinal) && !Leads(document, link)
                     select $"{Path.GetRelativePath(_root, document)}: {link}";
        Assert.Empty(broken);
    }

    [Fact]
    public void No_paragraph_is_wider_than_140_columns()
    {
        var wide = from document in _documents
                   from line in Paragraphs(File.ReadAllText(document))
                   where line.Length > 140 && line.TrimStart()[0] is not ('|' or '<' or '!')
                   select $"{Path.GetRelativePath(_root, document)}: {line[..60]}…";
        Assert.Empty(wide);
    }

    /// <summary>The lines outside of code and of what the server generates.</summary>
    private static string[] Paragraphs(string text) => Generated().Replace(Code().Replace(text, ""), "").Split('\n');

    private static bool Leads(string document, string link)
    {
        var (path, heading) = (link.Split('#')[0], link.Contains('#', StringComparison.Ordinal) ? link.Split('#')[1] : null);
        var file = path.Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, path));
        if (!Path.Exists(file))
            return false;
        return heading is null
            || Heading().Matches(File.ReadAllText(file)).Select(match => Anchor(match.Groups["text"].Value)).Contains(heading);
    }

    /// <summary>As GitHub makes one of a heading.</summary>
    private static string Anchor(string heading) =>
        AnchorDropped().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    private static IEnumerable<string> Found(Regex name, Func<string, bool> isWrong) =>
        from document in _documents
        from word in name.Matches(File.ReadAllText(document)).Select(match => match.Groups["name"].Value).Distinct()
        where isWrong(word)
        select $"{Path.GetRelativePath(_root, document)}: {word}";

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string here = "") => here;

    [GeneratedRegex(@"^\| `(?<name>(MCP|DOCKER)_\w+)` \| (`(?<default>[^`]*)`)? ?\|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"\b(?<name>MCP_[A-Z_]+[A-Z])\b")]
    private static partial Regex SettingName();

    [GeneratedRegex(@"`(?<name>[A-Z]\w+Tests)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex AnchorDropped();

    [GeneratedRegex(@"^ *```.*?^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"<!-- generated.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Generated();
}
