using System.Globalization;
using McpDevBench.Engine;

namespace McpDevBench.Containers;

/// <summary>
/// The environment of a workspace's commands. Later sources win: defaults, the image, what the read-only root demands, the operator, spawn.
/// </summary>
internal static class WorkspaceEnvironment
{
    /// <summary>Variables of an image that would change what every program of the workspace loads.</summary>
    private static readonly string[] _dangerous = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV"];

    /// <summary>Read by tools that would otherwise start as many threads as the host has processors. coreutils' nproc reads OpenMP's.</summary>
    private static readonly string[] _parallelism =
        ["OMP_NUM_THREADS", "GOMAXPROCS", "CARGO_BUILD_JOBS", "RAYON_NUM_THREADS", "CMAKE_BUILD_PARALLEL_LEVEL", "PYTHON_CPU_COUNT"];

    /// <summary>Where users' own programs are installed: pip and npm, go, cargo.</summary>
    private static readonly string[] _userPrograms = [".local/bin", "go/bin", ".cargo/bin"];

    /// <param name="userName">Of uid 1000 in the image.</param>
    /// <param name="shell">The image's best shell; null if it has none.</param>
    /// <param name="configured">What the operator sets for every workspace.</param>
    public static Dictionary<string, string> Of(Workspace workspace, EngineImage image, string userName, string? shell, IReadOnlyDictionary<string, string> configured)
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = ContainerSpec.DefaultPath,
            ["PAGER"] = "cat",
            ["GIT_PAGER"] = "cat",
            ["NPM_CONFIG_PREFIX"] = InHome(".local"),
        };
        if (shell is not null)
            env["SHELL"] = shell;
        var processors = Math.Max(1, (int)Math.Ceiling(workspace.Limits.Cpus)).ToString(CultureInfo.InvariantCulture);
        foreach (var name in _parallelism)
            env[name] = processors;
        Merge(env, ImageVariables(image));
        if (!env.ContainsKey("LANG") && !env.ContainsKey("LC_ALL"))
            env["LANG"] = "C.UTF-8";
        // The image's user is another one, and its root is read-only here: what points there would only fail.
        (env["HOME"], env["USER"], env["LOGNAME"]) = (ContainerSpec.HomePath, userName, userName);
        (env["GOPATH"], env["CARGO_HOME"]) = (InHome("go"), InHome(".cargo"));
        env["PATH"] = string.Join(':', [.. _userPrograms.Select(InHome), env["PATH"]]);
        Merge(env, configured);
        Merge(env, workspace.Env);
        return env;
    }

    private static string InHome(string path) => $"{ContainerSpec.HomePath}/{path}";

    private static IEnumerable<KeyValuePair<string, string>> ImageVariables(EngineImage image)
    {
        foreach (var variable in image.Env)
        {
            var at = variable.IndexOf('=', StringComparison.Ordinal);
            if (at > 0 && !_dangerous.Contains(variable[..at]))
                yield return KeyValuePair.Create(variable[..at], variable[(at + 1)..]);
        }
    }

    private static void Merge(Dictionary<string, string> env, IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
            env[name] = value;
    }
}
