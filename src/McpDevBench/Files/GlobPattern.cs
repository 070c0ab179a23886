using System.Buffers;

namespace McpDevBench.Files;

/// <summary>A glob as clients write it, made into what the agent matches: a pattern on paths relative to a directory, or on names
/// alone.</summary>
internal static class GlobPattern
{
    private const string Root = "/workspace";

    private static readonly SearchValues<char> _special = SearchValues.Create("*?[{!\\");

    /// <param name="glob">Null or empty for everything.</param>
    /// <param name="directory">What the glob is relative to.</param>
    /// <exception cref="RefusalException">The glob could never match.</exception>
    public static string Normalize(string? glob, WorkspacePath directory)
    {
        if (string.IsNullOrEmpty(glob))
            return "";
        if (glob[0] == '!')
        {
            throw Invalid(
                glob, "excludes, and a glob here selects",
                "Select what is wanted, such as **/*.{js,ts}. What .gitignore names is left out without asking.");
        }
        if (PathText.IsInHome(glob) || PathText.IsShellHome(glob))
            throw Invalid(glob, "is in the home directory, which the file tools do not reach", "Use a glob below /workspace, or exec.");
        var pattern = PathText.FromUri(glob) is { } bytes ? WorkspacePath.Escape(bytes) : glob;
        if (pattern != glob && pattern != Root && !pattern.StartsWith(Root + "/", StringComparison.Ordinal))
            throw Invalid(glob, "is not below /workspace", "Give the directory as path, and a glob relative to it.");
        while (pattern.StartsWith("./", StringComparison.Ordinal))
            pattern = pattern[2..].TrimStart('/');
        if (pattern == Root || pattern.StartsWith(Root + "/", StringComparison.Ordinal))
            pattern = Relative(glob, pattern[Root.Length..].TrimStart('/'), directory);
        if (pattern is "" or ".")
            return "**";
        if (pattern == ".." || pattern.StartsWith("../", StringComparison.Ordinal) || pattern.Contains("/../", StringComparison.Ordinal))
            throw Invalid(glob, "leads out of the directory", "Give the directory as path, and a glob relative to it.");
        return pattern.EndsWith('/') ? pattern + "**" : pattern;
    }

    /// <summary>Whether it speaks of more than the entries of one directory.</summary>
    public static bool IsDeep(string pattern) => pattern.Contains('/') || pattern.Contains("**", StringComparison.Ordinal);

    /// <summary>Whether it has no wildcards: it is a name, or a path.</summary>
    public static bool IsPlain(string glob) => glob.AsSpan().IndexOfAny(_special) < 0 && !glob.EndsWith('/');

    /// <summary>Anchored by a slash, so that a name alone stays the name of one place.</summary>
    private static string Relative(string glob, string pattern, WorkspacePath directory)
    {
        if (directory.IsRoot)
            return pattern.Length == 0 ? "**" : $"/{pattern}";
        var below = directory.ToString()[(Root.Length + 1)..];
        if (pattern == below)
            return "**";
        if (pattern.StartsWith(below + "/", StringComparison.Ordinal))
            return "/" + pattern[(below.Length + 1)..];
        throw Invalid(glob, $"is not below {directory}", "Make it relative to path, or leave path out.");
    }

    private static RefusalException Invalid(string glob, string why, string hint) =>
        new(RefusalCode.InvalidArgument, $"glob='{(glob.Length <= 80 ? glob : glob[..80] + "…")}' {why}.", hint);
}
