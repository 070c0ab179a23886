using System.Text.RegularExpressions;

namespace McpDevBench.Tests;

/// <summary>Reads the agent's source: a namespace for each folder, and the arrows between them.</summary>
public sealed partial class AgentArchitectureTests
{
    private const int MaxLines = 300, MaxColumns = 140;

    /// <summary>Which folders a folder may use. The files beside the folders may use all of them.</summary>
    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Linux"] = [],
        ["Runtime"] = ["Linux"],
        ["Wire"] = ["Runtime", "Linux"],
        ["Execs"] = ["Wire", "Runtime", "Linux"],
        ["Files"] = ["Wire", "Runtime", "Linux"],
        ["Sessions"] = ["Execs", "Files", "Wire", "Runtime", "Linux"],
    };

    [Fact]
    public void The_namespace_of_a_file_is_its_folder()
    {
        var wrong = Source().Where(file => !file.Code.Contains(
                $"namespace McpDevBench.Agent{(file.Folder.Length > 0 ? $".{file.Folder}" : "")};", StringComparison.Ordinal))
            .Where(file => file.Path != "Program.cs")
            .Select(file => $"{file.Path} is in another namespace than its folder's.");
        Assert.Empty(wrong);
        Assert.Empty(Source().Select(file => file.Folder).Where(folder => folder.Length > 0 && !_arrows.ContainsKey(folder)).Distinct()
            .Select(folder => $"{folder} has no row in the table of this test."));
    }

    [Fact]
    public void A_folder_uses_only_the_folders_that_the_table_allows()
    {
        var beside = Source().Where(file => file.Folder.Length == 0)
            .SelectMany(file => Declaration().Matches(file.Code).Select(match => match.Groups[1].Value)).ToList();
        var wrong = new List<string>();
        foreach (var file in Source().Where(file => file.Folder.Length > 0))
        {
            var allowed = _arrows.GetValueOrDefault(file.Folder, []);
            wrong.AddRange(Used().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct()
                .Where(used => used != file.Folder && !allowed.Contains(used))
                .Select(used => $"{file.Path} uses {used}, but {file.Folder} may use only: {string.Join(", ", allowed)}."));
            wrong.AddRange(beside.Where(type => Regex.IsMatch(file.Code, $@"(?<![.\w""]){type}(?=[.(?\s>])(?!\s*=>)"))
                .Select(type => $"{file.Path} uses {type}, which is beside the folders. Hand the value in."));
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Files_and_lines_are_short()
    {
        Assert.Empty(Source().Where(file => file.Text.Count(letter => letter == '\n') > MaxLines)
            .Select(
                file => $"{file.Path} has more than {MaxLines} lines. Find the second thing that it does, and give it a file of its own."));
        Assert.Empty(Source().SelectMany(file => file.Text.Split('\n').Where(line => line.Length > MaxColumns)
            .Select(line => $"{file.Path} has a line of {line.Length} columns: {line.Trim()}")));
    }

    private static IEnumerable<SourceFile> Source() => SourceFile.Of("McpDevBench.Agent");

    [GeneratedRegex(@"McpDevBench\.Agent\.([A-Z]\w+)")]
    private static partial Regex Used();

    [GeneratedRegex(@"\b(?:class|struct|record|enum) ([A-Z]\w+)")]
    private static partial Regex Declaration();
}
