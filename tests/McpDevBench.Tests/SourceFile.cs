using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace McpDevBench.Tests;

/// <summary>A source file of a project, for tests of the architecture.</summary>
/// <param name="Path">Relative to the project, with slashes.</param>
/// <param name="Folder">The first folder of the path; empty for a file of the project's root.</param>
/// <param name="Code">The text without comments.</param>
internal sealed partial record SourceFile(string Path, string Folder, string Text, string Code)
{
    public static string FolderOf(string project, [CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "../../src", project));

    public static IEnumerable<SourceFile> Of(string project)
    {
        var root = FolderOf(project);
        foreach (var path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            var relative = System.IO.Path.GetRelativePath(root, path).Replace('\\', '/');
            var folder = relative.Contains('/') ? relative[..relative.IndexOf('/')] : "";
            if (folder is "obj" or "bin")
                continue;
            var text = File.ReadAllText(path);
            yield return new SourceFile(relative, folder, text, Comment().Replace(text, ""));
        }
    }

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();
}
