using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// The working directory that a caller means: <c>~</c> or <c>$HOME</c> is the command's own HOME, and a file URI its path.
/// </summary>
internal static class WorkingFolder
{
    private static readonly string[] _homes = ["$HOME", "${HOME}"];

    /// <exception cref="RequestException">invalid_argument.</exception>
    public static byte[] Of(string cwd, IReadOnlyDictionary<string, string> env)
    {
        foreach (var home in _homes)
        {
            if (cwd == home || cwd.StartsWith($"{home}/", StringComparison.Ordinal))
                cwd = $"~{cwd[home.Length..]}";
        }
        if (cwd.StartsWith('$') || PathText.IsShellHome(cwd))
            throw new RequestException(
                ErrorCode.InvalidArgument, $"The working directory '{Truncation.ToLength(cwd)}' is not possible: no shell reads it.",
                "Give a path below /workspace, an absolute path, ~ or $HOME.");
        if (PathText.IsInHome(cwd))
            return Encoding.UTF8.GetBytes(env.GetValueOrDefault("HOME", ContainerPaths.Workspace) + cwd[1..]);
        return PathText.FromUri(cwd) ?? Encoding.UTF8.GetBytes(cwd);
    }
}
