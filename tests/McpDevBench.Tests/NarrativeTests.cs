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

    private static bool Uses(string file, string name) => File.ReadAllText(Source(file)).Contains(name, StringComparison.Ordinal);

    private static string Source(string file) => Repository($"src/McpDevBench/{file}");

    private static string Repository(string path, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..", path));

    [GeneratedRegex(@"^(?:(?<number>\d+\.)|   -)[^`\n]*`(?<file>[\w/]+\.cs)`", RegexOptions.Multiline)]
    private static partial Regex Step();
}
