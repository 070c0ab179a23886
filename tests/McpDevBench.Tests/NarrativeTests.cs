using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace McpDevBench.Tests;

/// <summary>The lives that AGENTS.md tells as lists of files are those of the source.</summary>
public sealed partial class NarrativeTests
{
    [Fact]
    public void Each_file_uses_the_next_and_those_below_it()
    {
        var wrong = new List<string>();
        var lists = 0;
        var sections = File.ReadAllText(Repository("AGENTS.md")).Split("\n## ");
        foreach (var section in sections.Where(text => text.StartsWith("The life of", StringComparison.Ordinal)))
        {
            var parent = "";
            foreach (Match step in Step().Matches(section))
            {
                var file = step.Groups["file"].Value;
                // A list begins anew where the call enters another process, or the output returns.
                if (step.Groups["number"].Value == "1.")
                    parent = "";
                if (!File.Exists(Source(file)))
                    wrong.Add($"{file} does not exist.");
                else if (parent.Length > 0 && !Uses(parent, Path.GetFileNameWithoutExtension(file)))
                    wrong.Add($"{parent} does not use {file}.");
                if (step.Groups["number"].Success)
                    (parent, lists) = (file, lists + 1);
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(lists > 0, "AGENTS.md tells no life as a numbered list of files.");
    }

    [Theory]
    [InlineData("spawn")]
    [InlineData("exec")]
    [InlineData("fs_write")]
    public void The_map_tells_the_life_of(string call) =>
        Assert.Contains($"\n## The life of one {call}\n", File.ReadAllText(Repository("AGENTS.md")), StringComparison.Ordinal);

    [Fact]
    public void Every_file_that_the_map_names_exists()
    {
        var missing = Named().Matches(File.ReadAllText(Repository("AGENTS.md"))).Select(match => match.Groups["file"].Value).Distinct()
            .Where(file => !File.Exists(Source(file)));
        Assert.Empty(missing);
    }

    private static bool Uses(string file, string name) => File.ReadAllText(Source(file)).Contains(name, StringComparison.Ordinal);

    /// <summary>A file of the server, or one with its project's name before it.</summary>
    private static string Source(string file) =>
        Repository(file.StartsWith("McpDevBench.", StringComparison.Ordinal) ? $"src/{file}" : $"src/McpDevBench/{file}");

    private static string Repository(string path, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..", path));

    [GeneratedRegex(@"`(?<file>[A-Z][\w.]*/[\w/]+\.cs)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"^(?:(?<number>\d+\.)|   -)[^`\n]*`(?<file>[\w/.]+\.cs)`", RegexOptions.Multiline)]
    private static partial Regex Step();
}
