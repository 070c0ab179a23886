using System.Text;

namespace McpDevBench.Execs;

/// <summary>The working directory that a caller means: <c>~</c> is the command's own HOME, and a file URI its path.</summary>
internal static class WorkingFolder
{
    /// <exception cref="RefusalException">invalid_argument.</exception>
    public static byte[] Of(string cwd, IReadOnlyDictionary<string, string> env)
    {
        if (PathText.IsInHome(cwd))
            return Encoding.UTF8.GetBytes(env.GetValueOrDefault("HOME", "/workspace") + cwd[1..]);
        return PathText.FromUri(cwd) ?? Encoding.UTF8.GetBytes(cwd);
    }
}
