using System.Buffers;

namespace McpDevBench.Files;

/// <summary>A glob as clients write it, made into what the agent matches: a pattern on paths relative to a directory, or on names
/// alone.</summary>
internal static class GlobPattern
{
    private const string Root = ContainerPaths.Workspace;

    private static readonly SearchValues<char> _special = SearchValues.Create("*?[{!\\");

    /// <param name="glob">Null or empty for everything.</param>
    /// <param name="directory">What the glob is relative to.</param>
    /// <exception cref="RequestException">The glob could never match.</exception>
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
        var open = OpenBracket(glob);
        if (open == '[')
            throw Invalid(glob, "has a [ that is not closed", "Close the class, such as [ab]*; a [ of a name is written \\[.");
        if (open is not null)
            throw Invalid(glob, "has a { that is not closed", "Close the braces, such as *.{js,ts}; a { of a name is written \\{.");
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

    /// <summary>Whether it matches more than the entries of one directory.</summary>
    public static bool IsDeep(string pattern) => pattern.Contains('/') || pattern.Contains("**", StringComparison.Ordinal);

    /// <summary>Why a glob may mean something else than what its writer had in mind; null if nothing is known.</summary>
    public static string? Misunderstanding(string? glob)
    {
        if (string.IsNullOrEmpty(glob))
            return null;
        if (glob[0] == '/' && glob != Root && !glob.StartsWith(Root + "/", StringComparison.Ordinal))
            return "A glob that begins with / is relative to path, and not to the root of the container, which only exec reaches";
        return glob.Contains('[') && !glob.Contains("\\[", StringComparison.Ordinal)
            ? "[…] in a glob stands for one character of a class; a [ of a name is written \\["
            : null;
    }

    /// <summary>Whether it has no wildcards: it is a name, or a path.</summary>
    public static bool IsPlain(string glob) => glob.AsSpan().IndexOfAny(_special) < 0 && !glob.EndsWith('/');

    /// <summary>A bracket that nothing closes: the agent would take it for a character of a name.</summary>
    private static char? OpenBracket(string glob)
    {
        var braces = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '\\':
                    i++;
                    break;
                case '[':
                    var end = ClassEnd(glob, i);
                    if (end < 0)
                        return '[';
                    i = end;
                    break;
                case '{':
                    braces++;
                    break;
                case '}' when braces > 0:
                    braces--;
                    break;
            }
        }
        return braces > 0 ? '{' : null;
    }

    /// <summary>A ] right after the beginning, or after its negation, is one of the class. A class does not reach over a slash.</summary>
    private static int ClassEnd(string glob, int start)
    {
        var first = start + 1;
        if (first < glob.Length && glob[first] is '!' or '^')
            first++;
        var end = first + 1 < glob.Length ? glob.AsSpan(first + 1).IndexOfAny(']', '/') : -1;
        return end >= 0 && glob[first + 1 + end] == ']' ? first + 1 + end : -1;
    }

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

    private static RequestException Invalid(string glob, string why, string hint) =>
        new(ErrorCode.InvalidArgument, $"glob='{Truncation.ToLength(glob)}' {why}.", hint);
}
